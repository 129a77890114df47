import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BlobStore } from './blob-store.ts';
import { BlobNotFoundError, InvalidBlobKeyError } from './blob-store.ts';
import { createFolderBlobStore, removeUnfinishedBlobs } from './folder-blob-store.ts';
import { readBlob } from './read-blob.ts';

let folder: string;
let blobs: BlobStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-blobs-'));
  blobs = createFolderBlobStore(join(folder, 'blobs'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');
const read = async (key: string, range?: { start?: number; end?: number }) =>
  text(await blobs.openRead(key, range));

async function* pieces(...parts: string[]) {
  for (const part of parts) yield Buffer.from(part);
}

async function* failing() {
  yield Buffer.from('half');
  throw new Error('the client went away');
}

async function keysOf(prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of blobs.list(prefix)) found.push(key);
  return found.toSorted();
}

describe('put', () => {
  test('accepts bytes or a stream, and returns size and hash', async () => {
    const stored = { sizeBytes: 5, sha256: sha256('hello') };
    expect(await blobs.put('a/bytes', Buffer.from('hello'))).toEqual(stored);
    expect(await blobs.put('a/stream', pieces('he', 'l', 'lo'))).toEqual(stored);
    expect(await blobs.put('empty', Buffer.alloc(0))).toEqual({ sizeBytes: 0, sha256: sha256('') });
    expect(await read('a/bytes')).toBe('hello');
    expect(await read('a/stream')).toBe('hello');
    expect(String(await readBlob(blobs, 'empty'))).toBe('');
  });

  test('replaces a blob, while a reader of the old one continues', async () => {
    await blobs.put('key', Buffer.from('old'));
    const old = await blobs.openRead('key');
    await blobs.put('key', Buffer.from('new'));
    expect([await text(old), await read('key')]).toEqual(['old', 'new']);
  });

  test('leaves only the previous blob if its stream fails', async () => {
    await blobs.put('key', Buffer.from('old'));
    await expect(blobs.put('key', failing())).rejects.toThrow('went away');
    await expect(blobs.put('other', failing())).rejects.toThrow('went away');
    expect(await read('key')).toBe('old');
    expect(await keysOf('')).toEqual(['key']);
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
      expect(await read('shared/new')).toBe('y');
      await blobs.delete('shared/new');
    }
  });
});

describe('reading', () => {
  test('a range includes its start but not its end', async () => {
    await blobs.put('key', Buffer.from('0123456789'));
    expect(await read('key', { start: 3 })).toBe('3456789');
    expect(await read('key', { end: 3 })).toBe('012');
    expect(await read('key', { start: 3, end: 5 })).toBe('34');
    expect(await read('key', { start: 5, end: 5 })).toBe('');
    expect(await read('key', { start: 8, end: 100 })).toBe('89');
    expect(await read('key', { start: 50 })).toBe('');
  });

  test('a missing blob, or a folder of others, is not found', async () => {
    await blobs.put('a/b', Buffer.from('x'));
    for (const key of ['nothing', 'a', 'a/b/c']) {
      await expect(blobs.openRead(key)).rejects.toThrow(BlobNotFoundError);
      expect(await blobs.stat(key)).toBeUndefined();
    }
  });

  test('stat returns size and time', async () => {
    await blobs.put('key', Buffer.from('123'));
    const at = new Date('2026-01-02T03:04:05Z');
    await utimes(join(folder, 'blobs/key'), at, at);
    expect(await blobs.stat('key')).toEqual({ key: 'key', sizeBytes: 3, modifiedAt: at });
  });
});

describe('list and delete', () => {
  test('match by the beginning of the key', async () => {
    for (const key of ['a/1', 'a/2', 'a/deep/3', 'ab', 'b']) await blobs.put(key, Buffer.from(key));
    await mkdir(join(folder, 'blobs/.unfinished'), { recursive: true });
    await writeFile(join(folder, 'blobs/.unfinished/half'), 'x');
    expect(await keysOf('')).toEqual(['a/1', 'a/2', 'a/deep/3', 'ab', 'b']);
    expect(await keysOf('a')).toEqual(['a/1', 'a/2', 'a/deep/3', 'ab']);
    expect(await keysOf('a/')).toEqual(['a/1', 'a/2', 'a/deep/3']);
    expect(await keysOf('a/d')).toEqual(['a/deep/3']);
    expect(await keysOf('c/')).toEqual([]);
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
});

test.each([
  '',
  '.',
  '..',
  '../x',
  'a/../b',
  'a/./b',
  '/etc/passwd',
  'a//b',
  'a/',
  '.hidden',
  'a/.hidden',
  '.unfinished/x',
  'a\\b',
  'a\0b',
  'a\nb',
  'key\n',
  'ä',
  'a b',
  'x'.repeat(201),
  'x/'.repeat(500) + 'x',
])('the key %j is rejected', async (key) => {
  await expect(blobs.put(key, Buffer.from('x'))).rejects.toThrow(InvalidBlobKeyError);
  await expect(blobs.openRead(key)).rejects.toThrow(InvalidBlobKeyError);
  await expect(blobs.stat(key)).rejects.toThrow(InvalidBlobKeyError);
  await expect(blobs.delete(key)).rejects.toThrow(InvalidBlobKeyError);
});
