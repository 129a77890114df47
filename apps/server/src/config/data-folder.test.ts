import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { chooseCopyId, claimDataFolder } from './data-folder.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pumphouse-folder-'));
});
afterEach(() => rm(dataDir, { recursive: true }));

it('accepts the servers of one installation, concurrently and later', async () => {
  await Promise.all(Array.from({ length: 10 }, () => claimDataFolder(dataDir, 'installation-1')));
  await claimDataFolder(dataDir, 'installation-1');
  expect(await readdir(dataDir)).toEqual(['installation']);
});

it('rejects servers of another installation, with advice', async () => {
  await claimDataFolder(dataDir, 'installation-1');
  await expect(claimDataFolder(dataDir, 'installation-2')).rejects.toThrow(
    /belongs to installation installation-1, .*PUMPHOUSE_DATA_DIR.*remove .*\/installation/,
  );
  await claimDataFolder(dataDir, 'installation-1');
});

it('accepts one of two concurrent installations', async () => {
  const claims = [1, 2].map((number) => claimDataFolder(dataDir, `installation-${number}`));
  const outcomes = (await Promise.allSettled(claims)).map(({ status }) => status);
  expect(outcomes.toSorted()).toEqual(['fulfilled', 'rejected']);
});

it('gives a copy the id of its folder, or a new one, and none in the folder of the original', async () => {
  const chosen = await chooseCopyId(dataDir, 'original');
  expect(chosen).toMatch(/^[0-9a-f-]{36}$/);
  expect(await chooseCopyId(dataDir, 'original')).not.toBe(chosen);
  expect(await readdir(dataDir)).toEqual([]);
  await claimDataFolder(dataDir, 'copy');
  expect(await chooseCopyId(dataDir, 'original')).toBe('copy');
  expect(await chooseCopyId(dataDir, 'copy')).toBeNull();
});

it('gives a copy no id if it cannot read whose folder it is', async () => {
  await mkdir(join(dataDir, 'installation'));
  await expect(chooseCopyId(dataDir, 'original')).rejects.toThrow('EISDIR');
});
