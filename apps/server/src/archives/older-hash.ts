/**
 * The content hash of dlt before 1.26, which a client compares with its own to detect changes: SHA3-256 over
 * name and bytes of every member of the tar, sorted by name, without the manifest.
 */
import type { Readable } from 'node:stream';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract as createExtract } from 'tar-stream';
import { readEntryHeader } from './archive-entries.ts';

interface Member {
  /** Such as `files/pipeline.py`. */
  name: string;
  /** Empty for a link, of which only the name counts. */
  content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

const manifestName = 'manifest.yaml';

/** @returns base64 */
export async function hashMembers(members: readonly Member[]): Promise<string> {
  const hash = createHash('sha3-256');
  for (const { name, content } of members.toSorted(byCodePoints)) {
    hash.update(name, 'utf8');
    for await (const chunk of content) hash.update(chunk);
  }
  return hash.digest('base64');
}

/**
 * Hashes a checked archive. The members are in any order, and the hash needs them sorted, so the tar is first
 * written without compression.
 * @param tarPath a new file, which the caller removes
 */
export async function hashArchiveMembers(archivePath: string, tarPath: string): Promise<string> {
  await pipeline(
    createReadStream(archivePath),
    createGunzip(),
    createWriteStream(tarPath, { flags: 'wx', mode: 0o600 }),
  );
  return hashMembers(await listMembers(tarPath));
}

async function listMembers(tarPath: string): Promise<Member[]> {
  const extract = createExtract();
  const flowing = pipeline(createReadStream(tarPath), extract);
  const members: Member[] = [];
  for await (const entry of extract) {
    const { name, type, size, byteOffset } = readEntryHeader(entry);
    if (name !== manifestName) {
      const isEmpty = type !== 'file' || size === 0;
      members.push({ name, content: isEmpty ? [] : rangeOf(tarPath, byteOffset, size) });
    }
    entry.resume();
  }
  await flowing;
  return members;
}

/** Opens the file only when it is read: an archive can have thousands of members. */
async function* rangeOf(path: string, start: number, size: number): AsyncGenerator<Uint8Array> {
  const range: Readable = createReadStream(path, { start, end: start + size - 1 });
  yield* range as AsyncIterable<Uint8Array>;
}

/** Python sorts by code points, as the bytes of UTF-8 do. */
function byCodePoints(a: Member, b: Member): number {
  return Buffer.compare(Buffer.from(a.name), Buffer.from(b.name));
}
