import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { signalProcess } from '../fixtures/kill-process.ts';

const scripts = fileURLToPath(new URL('../../scripts', import.meta.url));
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-set-up-'));
  await cp(scripts, join(folder, 'scripts'), { recursive: true });
  await mkdir(join(folder, 'part'));
  const copy = { name: 'copy', version: '1.0.0', dependencies: { part: 'file:part' } };
  const part = { name: 'part', version: '1.0.0' };
  const packages = { '': copy, 'node_modules/part': { resolved: 'part', link: true }, part };
  await writeFile(join(folder, 'part', 'package.json'), JSON.stringify(part));
  await writeFile(join(folder, 'package.json'), JSON.stringify(copy));
  await writeFile(
    join(folder, 'package-lock.json'),
    JSON.stringify({ ...copy, lockfileVersion: 3, packages }),
  );
});
afterEach(() => rm(folder, { recursive: true }));

function startSetUp(command = ['uv', '--version']) {
  const args = [join(folder, 'scripts', 'with-tools.mjs'), ...command];
  const child = spawn(process.execPath, args, {
    detached: true,
    env: { ...process.env, CI: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]).then(
    ([stdout, stderr, [code]]) => ({ stdout, stderr, code: code as number | null }),
  );
  return { child, ended };
}

/** Starts a set-up and kills it at its first output. Null: it was killed. */
async function killSetUp(): Promise<number | null> {
  const { child, ended } = startSetUp();
  child.stderr.once('data', () => signalProcess(-(child.pid ?? 0), 'SIGKILL'));
  return (await ended).code;
}

it('is set up once by several concurrent processes, all of which continue', async () => {
  const outcomes = await Promise.all([1, 2, 3].map(() => startSetUp().ended));
  for (const { code, stdout, stderr } of outcomes) {
    expect(stderr).not.toContain('EEXIST');
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(/^uv \d/m);
  }
  const installs = outcomes.filter(({ stderr }) => stderr.includes('from PyPI into .tools'));
  expect(installs).toHaveLength(1);
});

it('is set up again after a killed set-up, whose lock is gone too', async () => {
  // On a busy machine, a set-up may have ended before it is killed.
  while ((await killSetUp()) !== null) await rm(join(folder, '.tools'), { recursive: true });
  const { code, stderr } = await startSetUp().ended;
  expect(stderr).not.toContain('waiting for it to end');
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(await readdir(join(folder, '.tools', 'bin'))).toContain('uv');
  expect(await readFile(join(folder, '.tools', '.installed'), 'utf8')).not.toBe('');
});
