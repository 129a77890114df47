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
import { readChunks, skipLines, wholeLines } from './log-lines.ts';
import { readSealedLog, writeSealedLog } from './sealed-log.ts';
import { createKeyedQueue } from '../keyed-queue.ts';

export interface LogAppend {
  /** The length of the log according to the store, which is authoritative. */
  expectedBytes: number;
  /** The number of the first new line, from 0. */
  firstLine: number;
  /** Whole lines, each with its newline. */
  data: Uint8Array;
}

export interface LogRead {
  /** The first line to read, from 0. */
  fromLine: number;
  /** Stop at this byte of the log, to read only committed data; reads everything if omitted. */
  toBytes?: number;
}

/** The logs of attempts: one NDJSON file each, which is compressed when the attempt has ended. */
export interface LogFiles {
  /**
   * Writes lines after byte `expectedBytes`; they are durable when the promise resolves. A longer file is
   * truncated first: it contains an append whose commit a crash prevented. Rejects with a LogTooShortError if
   * bytes are missing, and with a LogSealedError after `seal`.
   */
  append(attemptId: string, append: LogAppend): Promise<void>;
  /**
   * Reads the lines from `fromLine` on, in pieces of whole lines; empty for an attempt without a log, or
   * without such a line.
   */
  read(attemptId: string, read: LogRead): AsyncIterable<Uint8Array>;
  /**
   * Reads the whole lines within the last `atMostBytes` before byte `toBytes`; empty for an attempt without a
   * log, and for a sealed log, which has ended.
   */
  readEnd(attemptId: string, end: { toBytes: number; atMostBytes: number }): Promise<Uint8Array>;
  /**
   * Compresses a finished log up to `toBytes` (all whole lines if omitted). Can be repeated after a crash at
   * any point, and the log stays readable throughout. An attempt without a log stays without one.
   * @returns the disk size of the compressed log; null without a log
   */
  seal(attemptId: string, options?: { toBytes?: number }): Promise<{ storedBytes: number | null }>;
  /** Removes the log; does nothing if there is none. */
  delete(attemptId: string): Promise<void>;
}

/** The log has fewer bytes than the store recorded: the disk lost durable data. */
export class LogTooShortError extends Error {
  override name = 'LogTooShortError';
}

/** The log was sealed, so nothing can be added. */
export class LogSealedError extends Error {
  override name = 'LogSealedError';
}

interface Paths {
  folder: string;
  plain: string;
  index: string;
  sealed: string;
}

const attemptIdPattern = /^[\w-]{2,64}$/;
const newline = 0x0a;

/**
 * Keeps logs in `folder`, accessible only to this user, as `<last two characters of the id>/<id>.ndjson`, or
 * `.ndjson.zst` once compressed.
 */
export function createLogFiles(folder: string): LogFiles {
  // An append that was abandoned with its transaction may still be writing when the next one starts.
  const inTurn = createKeyedQueue();

  function pathsOf(attemptId: string): Paths {
    if (!attemptIdPattern.test(attemptId)) {
      throw new Error(`Not an attempt id: ${JSON.stringify(attemptId.slice(0, 100))}`);
    }
    const shard = join(folder, attemptId.slice(-2));
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
    yield* readSealedLog(paths.sealed, fromLine, toBytes);
    return;
  }
  await using _ = log;
  const { size } = await log.stat();
  const end = Math.min(size, toBytes ?? size);
  const start = findEntryBefore(await readLogIndex(paths.index, end), fromLine) ?? logStart;
  yield* skipLines(wholeLines(readChunks(log, start, end)), fromLine);
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
    await writeSealedLog(packed, wholeLines(readChunks(log, logStart, toBytes ?? size)));
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
