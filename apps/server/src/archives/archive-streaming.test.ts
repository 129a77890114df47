import { createHash } from 'node:crypto';
import { PassThrough, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { buildArchive, writePlainEntry, writeTar } from '../../../../testing/fixtures/workspace-archive.ts';
import { createArchiveInspection, inspectArchive } from './inspect-archive.ts';
import type { ArchiveLimits } from './inspect-archive.ts';

const MEGABYTE = 1024 * 1024;
const limits: ArchiveLimits = {
  maxBytes: 10 * MEGABYTE,
  maxUnpackedBytes: 20 * MEGABYTE,
  maxEntries: 100,
  maxManifestBytes: MEGABYTE,
};

/**
 * Generates a tar of one file of zeros, gzipped in pieces of a megabyte, so that the test itself needs little
 * memory.
 */
function* zipZeros(megabytes: number): Generator<Buffer> {
  const size = megabytes * MEGABYTE;
  const zeros = gzipSync(Buffer.alloc(MEGABYTE));
  yield gzipSync(writePlainEntry({ name: 'files/zeros', size }));
  for (let index = 0; index < megabytes; index += 1) yield zeros;
  const hash = createHash('sha3-256');
  const megabyte = Buffer.alloc(MEGABYTE);
  for (let index = 0; index < megabytes; index += 1) hash.update(megabyte);
  const manifest = `engine_version: 1\nfiles:\n- relative_path: zeros\n  size_in_bytes: ${size}\n  sha3_256: ${hash.digest('base64')}\n`;
  yield gzipSync(writeTar([{ name: 'manifest.yaml', content: manifest }]));
}

/** Collects the output of an inspection, as the file on disk does. */
function createCollector() {
  const chunks: Buffer[] = [];
  const sink = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, callback) {
      chunks.push(chunk);
      setImmediate(callback);
    },
  });
  return { sink, read: () => Buffer.concat(chunks) };
}

test('600 MB of zeros stop at the limit, with the rest unread', async () => {
  let piecesRead = 0;
  const countPieces = function* () {
    for (const piece of zipZeros(600)) {
      piecesRead += 1;
      yield piece;
    }
  };
  const before = process.memoryUsage().rss;
  const outcome = inspectArchive(Readable.from(countPieces()), limits);
  await expect(outcome).rejects.toMatchObject({
    code: 'upload_too_large',
    message: /unpacks to more than/,
  });
  expect(piecesRead).toBeLessThan(100);
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * MEGABYTE);
});

test('a large valid archive passes with constant memory', async () => {
  const before = process.memoryUsage().rss;
  const large = { ...limits, maxUnpackedBytes: 200 * MEGABYTE };
  const report = await inspectArchive(Readable.from(zipZeros(128)), large);
  expect(report.files).toMatchObject([{ relative_path: 'zeros', size_bytes: 128 * MEGABYTE }]);
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * MEGABYTE);
});

test('the same bytes arrive at the output, in pieces of any size', async () => {
  const archive = buildArchive({ 'a.py': 'x'.repeat(5000), 'b/c.py': '' });
  for (const size of [1, 7, 512, archive.length]) {
    const pieces = Array.from({ length: Math.ceil(archive.length / size) }, (_, index) =>
      archive.subarray(index * size, (index + 1) * size),
    );
    const inspection = createArchiveInspection(limits);
    const collector = createCollector();
    await pipeline(Readable.from(pieces), inspection.stream, collector.sink);
    expect(collector.read().equals(archive)).toBe(true);
    expect(await inspection.result).toMatchObject({ fileCount: 2, sizeBytes: archive.length });
  }
});

test('bytes in a separate piece after the end are detected', async () => {
  const source = Readable.from([buildArchive({}), Buffer.alloc(10), Buffer.alloc(10)]);
  await expect(inspectArchive(source, limits)).rejects.toMatchObject({ code: 'archive_invalid' });
});

test('a rejection fails the whole pipeline, and the result with the same reason', async () => {
  const inspection = createArchiveInspection(limits);
  const collector = createCollector();
  const archive = buildArchive({ '../x': 'x' });
  await expect(pipeline(Readable.from([archive]), inspection.stream, collector.sink)).rejects.toMatchObject({
    code: 'archive_unsafe',
  });
  await expect(inspection.result).rejects.toMatchObject({ code: 'archive_unsafe' });
  expect(collector.sink.destroyed).toBe(true);
});

test('an interrupted upload fails both', async () => {
  const inspection = createArchiveInspection(limits);
  const upload = new PassThrough();
  upload.write(buildArchive({ 'a.py': 'x' }).subarray(0, 50));
  const flowing = pipeline(upload, inspection.stream, createCollector().sink);
  upload.destroy(new Error('connection reset'));
  await expect(flowing).rejects.toThrow('connection reset');
  await expect(inspection.result).rejects.toThrow('connection reset');
});

test('one that is destroyed without a reason is a truncated archive', async () => {
  const inspection = createArchiveInspection(limits);
  inspection.stream.destroy();
  await expect(inspection.result).rejects.toMatchObject({ code: 'archive_truncated' });
});
