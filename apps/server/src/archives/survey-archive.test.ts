import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildArchive } from '../../../../testing/fixtures/workspace-archive.ts';
import { propertySeed } from '../../../../testing/fixtures/property-seed.ts';
import { packZeros } from '../../../../testing/fixtures/refused-upload.ts';
import { surveyArchive } from './survey-archive.ts';

const megabyte = 1024 * 1024;
const bounds = {
  shownCount: 2,
  maxUnpackedBytes: 10 * megabyte,
  maxEntries: 100,
  maxMilliseconds: 60_000,
};

let path: string;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-survey-'));
  path = join(folder, 'archive');
});
afterAll(() => rm(folder, { recursive: true }));

async function survey(archive: Uint8Array, changes: Partial<typeof bounds> = {}) {
  await writeFile(path, archive);
  return surveyArchive(path, { ...bounds, ...changes });
}

const archive = buildArchive({
  'a.py': 'x',
  'data/large.bin': randomBytes(3000),
  'data/small.bin': randomBytes(10),
  'lib/middle.bin': randomBytes(500),
});

test('the largest files and the fullest folders, in order', async () => {
  expect(await survey(archive)).toEqual({
    largestFiles: [
      { path: 'data/large.bin', sizeBytes: 3000 },
      { path: 'lib/middle.bin', sizeBytes: 500 },
    ],
    fullestFolders: [
      { path: 'data', fileCount: 2 },
      { path: 'lib', fileCount: 1 },
    ],
  });
});

test('an archive truncated within a file lists that file with its full size', async () => {
  const { largestFiles } = await survey(archive.subarray(0, 1500));
  expect(largestFiles[0]).toEqual({ path: 'data/large.bin', sizeBytes: 3000 });
});

test('no more than the limits is read', async () => {
  expect((await survey(archive, { maxEntries: 1 })).largestFiles).toEqual([{ path: 'a.py', sizeBytes: 1 }]);
  const started = performance.now();
  const { largestFiles } = await survey(packZeros(400));
  expect(largestFiles).toEqual([{ path: 'zeros.bin', sizeBytes: 400 * megabyte }]);
  expect(performance.now() - started).toBeLessThan(5000);
});

test('damage of any kind never fails it', async () => {
  const damaged = fc
    .tuple(fc.nat({ max: archive.length - 1 }), fc.integer({ min: 1, max: 255 }), fc.boolean())
    .map(([index, change, cuts]) => {
      const bytes = Buffer.from(cuts ? archive.subarray(0, index) : archive);
      if (!cuts) bytes[index] = (bytes[index] ?? 0) ^ change;
      return bytes;
    });
  const property = fc.asyncProperty(damaged, async (bytes) => {
    const { largestFiles } = await survey(bytes);
    expect(largestFiles.length).toBeLessThanOrEqual(2);
  });
  await fc.assert(property, { seed: propertySeed, numRuns: 80 });
});
