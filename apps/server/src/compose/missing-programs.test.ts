import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { listMissingPrograms } from './missing-programs.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-path-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('names for each missing program what needs it and how to install it', async () => {
  await symlink(process.execPath, join(folder, 'python3'));
  const missing = listMissingPrograms({ toolVariables: { PATH: folder } });
  expect(missing.join('\n')).toMatch(/^pasta is missing.* network of its own.*passt$/m);
  expect(missing.join('\n')).not.toContain('python3 is missing');
  await symlink(process.execPath, join(folder, 'pasta'));
  expect(listMissingPrograms({ toolVariables: { PATH: folder } }).join('\n')).not.toContain('pasta');
});
