import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder, syncFolder } from '../durable-folder.ts';
import { isErrorCode } from '../../platform/error-code.ts';
import {
  countEntries,
  findEntries,
  findEntryBefore,
  hasMissedEntry,
  logStart,
  readLastEntry,
  readLogIndex,
  truncateEntries,
  writeEntries,
} from './log-index.ts';
import type { LineStart } from './log-index.ts';
import type { LogAppend, LogFiles, LogRead } from './log-files.ts';
import { readChunks, skipLines, wholeLines } from './log-lines.ts';
import { packLog, readSealedLog } from './sealed-log.ts';
import { openFileSource } from './sealed-log-sources.ts';
import { LogSealedError, LogTooShortError, logShardOf } from './log-files.ts';
import { createKeyedQueue } from '../keyed-queue.ts';

/** Logs in files: they need no rows. */
export interface FolderLogFiles extends LogFiles {
  append(attemptId: string, append: LogAppend): Promise<void>;
  seal(attemptId: string, options?: { toBytes?: number }): Promise<{ storedBytes: number | null }>;
}

interface Paths {
  folder: string;
  plain: string;
  index: string;
  sealed: string;
}

const newline = 0x0a;

/**
 * Keeps logs in `folder`, accessible only to this user, as `<last two characters of the id>/<id>.ndjson`, or
 * `.ndjson.zst` once compressed.
 */
export function createLogFiles(folder: string): FolderLogFiles {
  // An append that was abandoned with its transaction may still be writing when the next one starts.
  const inTurn = createKeyedQueue();

  function pathsOf(attemptId: string): Paths {
    const shard = join(folder, logShardOf(attemptId));
    const plain = join(shard, `${attemptId}.ndjson`);
    return { folder: shard, plain, index: join(shard, `${attemptId}.idx`), sealed: `${plain}.zst` };
  }

  return {
    async append(attemptId, append) {
      const paths = pathsOf(attemptId);
      if (append.data.at(-1) !== newline) throw new TypeError('A log takes whole lines only');
      await inTurn(attemptId, () => appendTo(paths, append));
    },
    read: (attemptId, read) => readLog(pathsOf(attemptId), read),
    readEnd: (attemptId, { toBytes, atMostBytes }) => readEnd(pathsOf(attemptId), toBytes, atMostBytes),
    async seal(attemptId, { toBytes } = {}) {
      const paths = pathsOf(attemptId);
      return inTurn(attemptId, async () => {
        await sealLog(paths, toBytes);
        return { storedBytes: await readSize(paths.sealed) };
      });
    },
    prepareSeal: async () => undefined,
    async holds(attemptId, toBytes) {
      const paths = pathsOf(attemptId);
      const plainBytes = await readSize(paths.plain);
      return plainBytes === null ? exists(paths.sealed) : plainBytes >= toBytes;
    },
    async delete(attemptId) {
      const paths = pathsOf(attemptId);
      await inTurn(attemptId, async () => {
        for (const path of [paths.plain, paths.index, paths.sealed, unfinishedSeal(paths)]) {
          await rm(path, { force: true });
        }
      });
    },
  };
}

async function appendTo(paths: Paths, { expectedBytes, firstLine, data }: LogAppend): Promise<void> {
  await using log = await openToAppend(paths, expectedBytes);
  await using index = await openIndex(paths.index);
  const { size } = await log.stat();
  if (size < expectedBytes) {
    throw new LogTooShortError(`${paths.plain} has ${size} bytes of ${expectedBytes}`);
  }
  const last = await prepareIndex(paths, log, index, { line: firstLine, offset: expectedBytes }, size);
  // Truncate after the index: an entry beyond the end of the log would refer to other lines once the log has
  // grown again.
  if (size > expectedBytes) await log.truncate(expectedBytes);
  await writeAll(log, data, expectedBytes);
  await log.datasync();
  if (expectedBytes === 0) await syncFolder(paths.folder);
  // Written last: the index must never refer to lines that a power failure can remove.
  const entries = findEntries(data, { line: firstLine, offset: expectedBytes }, last);
  await writeEntries(index, await countEntries(index), entries);
}

async function openToAppend(paths: Paths, expectedBytes: number): Promise<FileHandle> {
  try {
    return await open(paths.plain, 'r+');
  } catch (error) {
    if (!isErrorCode(error, 'ENOENT')) throw error;
  }
  if (await exists(paths.sealed)) throw new LogSealedError(`${paths.sealed} is packed already`);
  if (expectedBytes > 0) throw new LogTooShortError(`${paths.plain} is missing, with ${expectedBytes} bytes`);
  await makeFolder(paths.folder);
  return open(paths.plain, 'wx+', 0o600);
}

async function openIndex(path: string): Promise<FileHandle> {
  // Neither truncates an existing file, as 'w+' would, nor restricts writes to its end, as 'a+' would.
  return open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
}

/** Brings the index to the end of the log according to the store, `end`, and returns its last entry. */
async function prepareIndex(paths: Paths, log: FileHandle, index: FileHandle, end: LineStart, size: number) {
  let last = end.offset === 0 ? undefined : await readLastEntry(index, end.offset);
  if (last === undefined || size > end.offset) {
    const sound = await readLogIndex(paths.index, end.offset);
    await truncateEntries(index, sound.length);
    last = sound.at(-1) ?? logStart;
  }
  if (!hasMissedEntry(last, end)) return last;
  for await (const { data, start } of readChunks(log, last, end.offset)) {
    const entries = findEntries(data, start, last);
    await writeEntries(index, await countEntries(index), entries);
    last = entries.at(-1) ?? last;
  }
  return last;
}

async function* readLog(paths: Paths, { fromLine, toBytes }: LogRead): AsyncIterable<Uint8Array> {
  const log = await openIfThere(paths.plain);
  if (log === undefined) {
    // A log is compressed before its plain file is removed, so without a plain file the compressed one
    // exists.
    yield* readSealed(paths.sealed, fromLine, toBytes);
    return;
  }
  await using _ = log;
  const { size } = await log.stat();
  const end = Math.min(size, toBytes ?? size);
  const start = findEntryBefore(await readLogIndex(paths.index, end), fromLine) ?? logStart;
  yield* skipLines(wholeLines(readChunks(log, start, end)), fromLine);
}

async function* readSealed(path: string, fromLine: number, toBytes: number | undefined) {
  await using file = await openIfThere(path);
  if (file !== undefined) yield* readSealedLog(await openFileSource(file, path), fromLine, toBytes);
}

async function readEnd(paths: Paths, toBytes: number, atMostBytes: number): Promise<Uint8Array> {
  await using log = await openIfThere(paths.plain);
  if (log === undefined) return new Uint8Array();
  const start = Math.max(0, toBytes - atMostBytes);
  const { buffer, bytesRead } = await log.read(Buffer.alloc(toBytes - start), 0, toBytes - start, start);
  const data = buffer.subarray(0, bytesRead);
  const from = start === 0 ? 0 : data.indexOf(newline) + 1;
  return data.subarray(from, data.lastIndexOf(newline) + 1);
}

async function sealLog(paths: Paths, toBytes: number | undefined): Promise<void> {
  await using log = await openIfThere(paths.plain);
  if (log === undefined) return;
  if (!(await exists(paths.sealed))) {
    const { size } = await log.stat();
    if (toBytes !== undefined && size < toBytes) {
      throw new LogTooShortError(`${paths.plain} has ${size} bytes of ${toBytes}`);
    }
    await using packed = await open(unfinishedSeal(paths), 'w', 0o600);
    for await (const frame of packLog(wholeLines(readChunks(log, logStart, toBytes ?? size))))
      await packed.writeFile(frame);
    await packed.sync();
    await rename(unfinishedSeal(paths), paths.sealed);
    await syncFolder(dirname(paths.sealed));
  }
  await rm(paths.index, { force: true });
  await rm(paths.plain, { force: true });
}

function unfinishedSeal(paths: Paths): string {
  return `${paths.sealed}.unfinished`;
}

async function writeAll(file: FileHandle, data: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < data.length;) {
    const { bytesWritten } = await file.write(data, done, data.length - done, position + done);
    done += bytesWritten;
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function readSize(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
