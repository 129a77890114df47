import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isRoot, lacks } from '@pumphouse/testing/fixtures/requirements.ts';
import { withFolderLock } from './folder-lock.ts';
import { identifyOwnProcess } from './live-process.ts';

const execute = promisify(execFile);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-lock-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const lockModule = new URL('./folder-lock.ts', import.meta.url).href;

/** Starts another process that runs `body` with access to `withFolderLock`. */
function spawnLocker(body: string) {
  const script = `import { withFolderLock } from ${JSON.stringify(lockModule)}; const folder = ${JSON.stringify(folder)}; ${body}`;
  return spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

test('allows one caller at a time, across processes', async () => {
  const counter = join(folder, 'counter');
  await writeFile(counter, '0');
  const body = `
    import { readFile, writeFile } from 'node:fs/promises';
    const add = () => withFolderLock(folder, 300, async () => {
      const value = Number(await readFile(${JSON.stringify(counter)}, 'utf8'));
      await new Promise((resolve) => setImmediate(resolve));
      await writeFile(${JSON.stringify(counter)}, String(value + 1));
    });
    await Promise.all(Array.from({ length: 10 }, add));`;
  const exits = await Promise.all(Array.from({ length: 4 }, () => once(spawnLocker(body), 'exit')));
  expect(exits.map(([code]) => code as number)).toEqual([0, 0, 0, 0]);
  expect(await readFile(counter, 'utf8')).toBe('40');
  expect((await readdir(folder)).toSorted()).toEqual(['counter', expect.stringMatching(/^lock\.\d+$/)]);
});

test('is taken over if its owner was killed', async () => {
  const owner = spawnLocker(
    `await withFolderLock(folder, 300, async () => { console.log('held'); setInterval(() => undefined, 1000); await new Promise(() => undefined); });`,
  );
  await once(owner.stdout, 'data');
  await expect(withFolderLock(folder, 0.1, async () => 'mine')).rejects.toThrow('Another process holds');
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  await expect(
    Promise.all([1, 2, 3].map((n) => withFolderLock(folder, 300, async () => n))),
  ).resolves.toEqual([1, 2, 3]);
});

test('of a process that cannot be observed counts while it is fresh', async () => {
  const path = join(folder, 'lock.7');
  await writeFile(path, JSON.stringify({ ...identifyOwnProcess(), place: 'another container' }));
  await expect(withFolderLock(folder, 0.1, async () => 'mine')).rejects.toThrow('Another process holds');
  const old = new Date(Date.now() - 11_000);
  await utimes(path, old, old);
  await expect(withFolderLock(folder, 0.1, async () => 'mine')).resolves.toBe('mine');
});

test('is released if the work fails, and an empty file does not hold it', async () => {
  await writeFile(join(folder, 'lock.3'), '');
  const work = vi.fn(() => Promise.reject(new Error('failed')));
  await expect(withFolderLock(folder, 1, work)).rejects.toThrow('failed');
  await expect(withFolderLock(folder, 1, async () => 'next')).resolves.toBe('next');
  expect(work).toHaveBeenCalledOnce();
});

// Only root may mount, and a shared disk cannot be filled.
test.skipIf(lacks('root', isRoot))('is released on a full disk', async ({ skip }) => {
  try {
    await execute('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
  } catch (error) {
    skip(lacks('permission to mount', false), String(error));
  }
  const filling = join(folder, 'filling');
  const locks = join(folder, 'locks');
  const fill = () => expect(writeFile(filling, Buffer.alloc(1024 * 1024))).rejects.toThrow('ENOSPC');
  try {
    await withFolderLock(locks, 5, fill);
    await rm(filling);
    await expect(withFolderLock(locks, 0, async () => 'next')).resolves.toBe('next');
  } finally {
    await execute('umount', ['--lazy', folder]);
  }
});
