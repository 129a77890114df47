import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fingerprintBootstrap } from './bootstrap-fingerprint.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bootstrap-'));
  await mkdir(join(folder, 'inside'));
  await writeFile(join(folder, '__main__.py'), 'import attempt\n');
  await writeFile(join(folder, 'inside', 'unpack.py'), 'LIMIT = 1\n');
});
afterEach(() => rm(folder, { recursive: true }));

it("is independent of the folder's location and of compiled files", async () => {
  const copy = await mkdtemp(join(tmpdir(), 'bootstrap-copy-'));
  await cp(folder, copy, { recursive: true });
  await mkdir(join(copy, '__pycache__'));
  await writeFile(join(copy, '__pycache__', 'attempt.cpython-313.pyc'), 'compiled');
  // The name under which Python writes such a file before it renames it.
  await writeFile(join(copy, '__pycache__', 'attempt.cpython-313.pyc.140235'), 'comp');
  expect(await fingerprintBootstrap(copy)).toBe(await fingerprintBootstrap(folder));
  expect(await fingerprintBootstrap(copy)).toMatch(/^[0-9a-f]{64}$/);
  await rm(copy, { recursive: true });
});

it('changes with a byte of a file', async () => {
  const before = await fingerprintBootstrap(folder);
  await writeFile(join(folder, 'inside', 'unpack.py'), 'LIMIT = 2\n');
  expect(await fingerprintBootstrap(folder)).not.toBe(before);
});

it('changes with the name of a file or its folder', async () => {
  const before = await fingerprintBootstrap(folder);
  await rename(join(folder, 'inside', 'unpack.py'), join(folder, 'inside', 'unpacked.py'));
  const renamed = await fingerprintBootstrap(folder);
  await rename(join(folder, 'inside', 'unpacked.py'), join(folder, 'unpack.py'));
  expect(new Set([before, renamed, await fingerprintBootstrap(folder)]).size).toBe(3);
});

it('changes when bytes move from one file to the next', async () => {
  await writeFile(join(folder, 'a.py'), 'one\n');
  await writeFile(join(folder, 'b.py'), 'two\n');
  const before = await fingerprintBootstrap(folder);
  await writeFile(join(folder, 'a.py'), 'one\ntwo\n');
  await writeFile(join(folder, 'b.py'), '');
  expect(await fingerprintBootstrap(folder)).not.toBe(before);
});

it('changes with a data file that Python reads', async () => {
  const before = await fingerprintBootstrap(folder);
  await writeFile(join(folder, 'inside', 'hooks.pth'), 'import hooks\n');
  expect(await fingerprintBootstrap(folder)).not.toBe(before);
});

it('rejects a folder without a bootstrap', async () => {
  await expect(fingerprintBootstrap(join(folder, 'none'))).rejects.toThrow(/ENOENT/);
  await expect(fingerprintBootstrap(join(folder, 'inside'))).rejects.toThrow(/no __main__\.py/);
});
