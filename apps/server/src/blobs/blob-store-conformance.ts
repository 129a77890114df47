import type { BlobStore } from './blob-store.ts';
import { createHash, randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, test } from 'vitest';
import { BlobNotFoundError, InvalidBlobKeyError } from './blob-store.ts';
import { readBlob } from './read-blob.ts';

/**
 * What every blob store must do.
 * @param open returns an empty store for each test
 */
export function describeBlobStore(open: () => BlobStore): void {
  let blobs: BlobStore;
  beforeEach(() => {
    blobs = open();
  });

  const read = async (key: string, range?: { start?: number; end?: number }) =>
    text(await blobs.openRead(key, range));

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
      expect(await blobs.put('empty-stream', pieces())).toEqual({ sizeBytes: 0, sha256: sha256('') });
      expect(await read('a/bytes')).toBe('hello');
      expect(await read('a/stream')).toBe('hello');
      expect(String(await readBlob(blobs, 'empty'))).toBe('');
      expect(String(await readBlob(blobs, 'empty-stream'))).toBe('');
    });

    test('stores a content of many megabytes, as bytes or as a stream of unknown length', async () => {
      const content = randomBytes(21 * 1024 * 1024 + 7);
      const stored = { sizeBytes: content.length, sha256: sha256(content) };
      expect(await blobs.put('large/stream', slices(content))).toEqual(stored);
      expect(await blobs.put('large/bytes', content)).toEqual(stored);
      for (const key of ['large/stream', 'large/bytes']) {
        expect(sha256(await readBlob(blobs, key))).toBe(stored.sha256);
        expect(await blobs.stat(key)).toMatchObject({ sizeBytes: content.length });
      }
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
      await expect(blobs.put('late', failingLate())).rejects.toThrow('went away');
      expect(await read('key')).toBe('old');
      expect(await keysOf('')).toEqual(['key']);
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
        await expect(blobs.openRead(key, { start: 2, end: 2 })).rejects.toThrow(BlobNotFoundError);
        expect(await blobs.stat(key)).toBeUndefined();
      }
    });

    test('stat returns size and time', async () => {
      await blobs.put('key', Buffer.from('123'));
      const found = await blobs.stat('key');
      expect(found).toMatchObject({ key: 'key', sizeBytes: 3 });
      expect(Math.abs((found?.modifiedAt.getTime() ?? 0) - Date.now())).toBeLessThan(600_000);
    });

    test('a reader may stop early', async () => {
      await blobs.put('key', Buffer.alloc(3 * 1024 * 1024));
      for (let round = 0; round < 5; round += 1) {
        for await (const chunk of await blobs.openRead('key')) {
          expect(Buffer.from(chunk).length).toBeGreaterThan(0);
          break;
        }
      }
    });
  });

  describe('list and delete', () => {
    test('match by the beginning of the key', async () => {
      for (const key of ['a/1', 'a/2', 'a/deep/3', 'ab', 'b']) await blobs.put(key, Buffer.from(key));
      expect(await keysOf('')).toEqual(['a/1', 'a/2', 'a/deep/3', 'ab', 'b']);
      expect(await keysOf('a')).toEqual(['a/1', 'a/2', 'a/deep/3', 'ab']);
      expect(await keysOf('a/')).toEqual(['a/1', 'a/2', 'a/deep/3']);
      expect(await keysOf('a/d')).toEqual(['a/deep/3']);
      expect(await keysOf('c/')).toEqual([]);
    });

    test('deleting can be repeated, and removes nothing else', async () => {
      await blobs.put('a/b/1', Buffer.from('x'));
      await blobs.put('a/2', Buffer.from('x'));
      await blobs.delete('a/b/1');
      await blobs.delete('a/b/1');
      await blobs.delete('a/b/c/d');
      expect(await keysOf('')).toEqual(['a/2']);
    });

    test('more blobs than one page of a listing has', async () => {
      const keys = Array.from({ length: 1100 }, (_, number) => `many/${String(number).padStart(4, '0')}`);
      const waiting = [...keys];
      const work = async () => {
        for (let key = waiting.pop(); key !== undefined; key = waiting.pop())
          await blobs.put(key, Buffer.from('x'));
      };
      await Promise.all(Array.from({ length: 16 }, work));
      expect(await keysOf('many/')).toEqual(keys);
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
}

const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');

async function* pieces(...parts: string[]) {
  for (const part of parts) yield Buffer.from(part);
}

async function* slices(content: Uint8Array) {
  for (let at = 0; at < content.length; at += 300_001) yield content.subarray(at, at + 300_001);
}

async function* failing() {
  yield Buffer.from('half');
  throw new Error('the client went away');
}

/** Fails after parts of it are stored. */
async function* failingLate() {
  for (let part = 0; part < 20; part += 1) yield Buffer.alloc(1024 * 1024);
  throw new Error('the client went away');
}
