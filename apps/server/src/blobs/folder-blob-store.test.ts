import { mkdtemp, mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BlobStore } from './blob-store.ts';
import { createFolderBlobStore, removeUnfinishedBlobs } from './folder-blob-store.ts';
import { describeBlobStore } from './blob-store-conformance.ts';

let folder: string;
let blobs: BlobStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-blobs-'));
  blobs = createFolderBlobStore(join(folder, 'blobs'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function* failing() {
  yield Buffer.from('half');
  throw new Error('the client went away');
}

async function keysOf(prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of blobs.list(prefix)) found.push(key);
  return found.toSorted();
}

describe('a blob store in a folder', () => {
  describeBlobStore(() => blobs);
});

test('a failed stream leaves no file', async () => {
  await expect(blobs.put('key', failing())).rejects.toThrow('went away');
  expect(await readdir(join(folder, 'blobs/.unfinished'))).toEqual([]);
});

test('gives other users no access', async () => {
  await blobs.put('a/b/key', Buffer.from('x'));
  const modes = await Promise.all(
    ['blobs', 'blobs/a', 'blobs/a/b', 'blobs/.unfinished', 'blobs/a/b/key'].map(
      async (path) => (await stat(join(folder, path))).mode & 0o777,
    ),
  );
  expect(modes).toEqual([0o700, 0o700, 0o700, 0o700, 0o600]);
});

test('recreates its folder when the last other blob in it is deleted concurrently', async () => {
  for (let round = 0; round < 50; round += 1) {
    await blobs.put('shared/old', Buffer.from('x'));
    await Promise.all([blobs.delete('shared/old'), blobs.put('shared/new', Buffer.from('y'))]);
    expect(await text(await blobs.openRead('shared/new'))).toBe('y');
    await blobs.delete('shared/new');
  }
});

test('stat returns size and time', async () => {
  await blobs.put('key', Buffer.from('123'));
  const at = new Date('2026-01-02T03:04:05Z');
  await utimes(join(folder, 'blobs/key'), at, at);
  expect(await blobs.stat('key')).toEqual({ key: 'key', sizeBytes: 3, modifiedAt: at });
});

test('files of unfinished writes are not listed', async () => {
  await blobs.put('a', Buffer.from('x'));
  await mkdir(join(folder, 'blobs/.unfinished'), { recursive: true });
  await writeFile(join(folder, 'blobs/.unfinished/half'), 'x');
  expect(await keysOf('')).toEqual(['a']);
});

test('deleting removes empty folders, can be repeated, and never removes a folder with blobs', async () => {
  await blobs.put('a/b/1', Buffer.from('x'));
  await blobs.put('a/2', Buffer.from('x'));
  await blobs.delete('a/b/1');
  await blobs.delete('a/b/1');
  expect(await readdir(join(folder, 'blobs/a'))).toEqual(['2']);
  await expect(blobs.delete('a')).rejects.toThrow();
  expect(await keysOf('')).toEqual(['a/2']);
});

test('unfinished writes are removed once they are old', async () => {
  await blobs.put('key', Buffer.from('x'));
  const [old, fresh] = ['old', 'fresh'].map((name) => join(folder, 'blobs/.unfinished', name));
  await writeFile(old ?? '', 'x');
  await writeFile(fresh ?? '', 'x');
  await utimes(old ?? '', 0, 0);
  expect(await removeUnfinishedBlobs(join(folder, 'blobs'), 24)).toBe(1);
  expect(await readdir(join(folder, 'blobs/.unfinished'))).toEqual(['fresh']);
  expect(await keysOf('')).toEqual(['key']);
});
