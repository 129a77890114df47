import { createHash, randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { open, opendir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { Readable } from 'node:stream';
import type { BlobRange, BlobStat, BlobStore, StoredBlob } from './blob-store.ts';
import { BlobNotFoundError, checkBlobKey } from './blob-store.ts';
import { makeFolder, syncFolder } from './durable-folder.ts';
import { isErrorCode } from '../platform/error-code.ts';
import { nameFullDisk } from '../platform/full-disk.ts';

// No key begins with a dot, so files in this folder cannot be confused with blobs.
const unfinishedName = '.unfinished';
const moveTries = 10;

/** Creates a blob store in a folder that only this user can access. The key of a blob is its file path. */
export function createFolderBlobStore(folder: string): BlobStore {
  const unfinished = join(folder, unfinishedName);

  function pathOf(key: string): string {
    checkBlobKey(key);
    return join(folder, key);
  }

  async function put(key: string, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<StoredBlob> {
    const path = pathOf(key);
    await makeFolder(unfinished);
    const fresh = join(unfinished, randomUUID());
    try {
      const stored = await writeFresh(fresh, content);
      await moveInto(fresh, path);
      return stored;
    } catch (error) {
      await rm(fresh, { force: true });
      throw nameFullDisk(error, folder);
    }
  }

  async function openRead(key: string, { start = 0, end }: BlobRange = {}): Promise<Readable> {
    const file = await openFile(pathOf(key), key);
    if (end !== undefined && end <= start) {
      await file.close();
      return Readable.from([]);
    }
    // The stream closes the file, also when it is destroyed. Its `end` option is inclusive.
    return file.createReadStream({ start, ...(end === undefined ? {} : { end: end - 1 }) });
  }

  async function statBlob(key: string): Promise<BlobStat | undefined> {
    try {
      const found = await stat(pathOf(key));
      return found.isFile() ? { key, sizeBytes: found.size, modifiedAt: found.mtime } : undefined;
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw error;
    }
  }

  async function deleteBlob(key: string): Promise<void> {
    const path = pathOf(key);
    await rm(path, { force: true });
    await removeEmptyFolders(dirname(path), folder);
  }

  async function* list(prefix: string): AsyncIterable<BlobStat> {
    // The part of the prefix before its last slash is a folder; a prefix that cannot begin a key matches
    // nothing.
    const base = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    if (base !== '') checkBlobKey(base.slice(0, -1));
    for await (const path of walk(join(folder, base))) {
      const key = relative(folder, path);
      if (!key.startsWith(prefix)) continue;
      const found = await statBlob(key);
      if (found !== undefined) yield found;
    }
  }

  return { put, openRead, stat: statBlob, delete: deleteBlob, list };
}

/**
 * Removes files left by interrupted writes that are older than `olderThanHours`; returns the number of files.
 */
export async function removeUnfinishedBlobs(folder: string, olderThanHours: number): Promise<number> {
  const limit = Date.now() - olderThanHours * 3_600_000;
  let removed = 0;
  for await (const path of walk(join(folder, unfinishedName))) {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || found.mtimeMs > limit) continue;
    await rm(path, { force: true });
    removed += 1;
  }
  return removed;
}

async function writeFresh(
  path: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<StoredBlob> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of content instanceof Uint8Array ? [content] : content) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}

async function moveInto(fresh: string, path: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await makeFolder(dirname(path));
      await rename(fresh, path);
      break;
    } catch (error) {
      // The deletion of the last other blob removed the folder in between.
      if (!isErrorCode(error, 'ENOENT') || tries >= moveTries) throw error;
    }
  }
  await syncFolder(dirname(path));
}

async function openFile(path: string, key: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (isAbsence(error)) throw new BlobNotFoundError(`There is no blob ${key}`);
    throw error;
  }
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new BlobNotFoundError(`There is no blob ${key}`);
}

async function removeEmptyFolders(path: string, root: string): Promise<void> {
  for (let current = path; current !== root; current = dirname(current)) {
    try {
      await rmdir(current);
    } catch {
      return;
    }
  }
}

async function* walk(folder: string): AsyncIterable<string> {
  const entries = await opendir(folder).catch((error: unknown) => {
    if (isAbsence(error)) return undefined;
    throw error;
  });
  for await (const entry of entries ?? []) {
    const path = join(folder, entry.name);
    if (entry.isFile()) yield path;
    else if (entry.isDirectory() && !entry.name.startsWith('.')) yield* walk(path);
  }
}

function isAbsence(error: unknown): boolean {
  return isErrorCode(error, 'ENOENT') || isErrorCode(error, 'ENOTDIR');
}
