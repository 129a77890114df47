import { chmod, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { updateTomlFile } from './toml-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-toml-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
const addKey = (path: string) => updateTomlFile(path, (table) => ({ ...table, key: 1 }));

it('keeps comments, and the mode of a file without secrets', async () => {
  const path = join(folder, 'config.toml');
  await writeFile(path, '# mine\nother = 2\n');
  await chmod(path, 0o664);
  await addKey(path);
  expect(await readFile(path, 'utf8')).toContain('# mine\nother = 2');
  expect(await modeOf(path)).toBe(0o664);
  expect(await readdir(folder)).toEqual(['config.toml']);
});

it('lets only its owner read a file with secrets', async () => {
  const path = join(folder, 'secrets.toml');
  await writeFile(path, '');
  await chmod(path, 0o644);
  await addKey(path);
  expect(await modeOf(path)).toBe(0o600);
});

it('replaces the target of a link, and leaves the link', async () => {
  await writeFile(join(folder, 'kept.toml'), 'other = 2\n');
  await symlink('kept.toml', join(folder, 'secrets.toml'));
  await addKey(join(folder, 'secrets.toml'));
  expect(await readlink(join(folder, 'secrets.toml'))).toBe('kept.toml');
  expect(await readFile(join(folder, 'kept.toml'), 'utf8')).toContain('key = 1');
});
