import type { DeploymentRecord } from '../../store/records.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createFolderBlobStore } from '../../blobs/folder-blob-store.ts';
import { createSmallArchives, maxSmallBytes } from './small-archives.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-archives-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const deployment = (archiveKey: string): DeploymentRecord => ({ archiveKey }) as DeploymentRecord;

it('reads archives up to their limit, and leaves out larger and removed ones', async () => {
  const blobs = createFolderBlobStore(folder);
  const [small, large] = [Buffer.alloc(maxSmallBytes, 'a'), Buffer.alloc(maxSmallBytes + 1, 'b')];
  await blobs.put('small', small);
  await blobs.put('large', large);
  const readSmallArchives = createSmallArchives(blobs);
  expect(await readSmallArchives(deployment('small'), small)).toEqual({
    code: small.toString('base64'),
    configuration: small.toString('base64'),
  });
  expect(await readSmallArchives(deployment('large'), large)).toEqual({});
  expect(await readSmallArchives(deployment('removed'), large)).toEqual({});
});
