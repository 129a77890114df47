import type { BlobStore } from '../blob-store.ts';
import type { LogAppend, LogFiles, LogRead } from './log-files.ts';
import type { LogChunk, LogChunkDatabase, LogChunkExtent, LogChunkRows } from './log-chunks.ts';
import type { LogPiece } from './log-lines.ts';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { BlobNotFoundError } from '../blob-store.ts';
import { createBlobSource } from './sealed-log-sources.ts';
import { createKeyedQueue } from '../keyed-queue.ts';
import { countLines } from './log-index.ts';
import { LogTooShortError, logShardOf } from './log-files.ts';
import { packLog, readSealedLog, readSealedLogAfter } from './sealed-log.ts';
import { skipLines } from './log-lines.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
const newline = 0x0a;

/** Each time a log has grown by this much, its rows are moved to an object. */
const foldBytes = 1024 * 1024;
/** Rows that are read at a time: a chunk of a spool is at most a few hundred kilobytes. */
const rowsAtOnce = 64;

/** The log has more chunks than were read, or others: another server has moved them. */
class LogChunksChangedError extends Error {
  override name = 'LogChunksChangedError';
}

export interface ChunkedLogDependencies {
  blobs: BlobStore;
  database: LogChunkDatabase;
}

/** The key of a sealed log that no row names: one that was copied from a folder, where it has this path. */
export function sealedLogKey(attemptId: string): string {
  return `logs/${logShardOf(attemptId)}/${attemptId}.ndjson.zst`;
}

/**
 * Keeps logs where a file cannot grow: recent lines in rows, which commit with the length of the log, older
 * lines in objects, which rows name. Each object has a key of its own, so no server overwrites what another
 * one wrote. An object that is written and never named is removed after a day.
 */
export function createChunkedLogFiles({ blobs, database }: ChunkedLogDependencies): LogFiles {
  const rows = database.store.logChunks;
  const inTurn = createKeyedQueue();

  async function append(attemptId: string, added: LogAppend, within: LogChunkRows): Promise<void> {
    const { expectedBytes, firstLine, data } = added;
    if (data.at(-1) !== newline) throw new TypeError('A log takes whole lines only');
    const chunk = {
      firstLine,
      endLine: firstLine + countLines(data),
      startByte: expectedBytes,
      endByte: expectedBytes + data.length,
      data: await compress(data),
      objectKey: null,
      objectBytes: null,
    };
    if (!(await within.append(attemptId, chunk)))
      throw new LogTooShortError(`The log of attempt ${attemptId} does not end at byte ${expectedBytes}`);
    if (Math.floor(chunk.startByte / foldBytes) === Math.floor(chunk.endByte / foldBytes)) return;
    // Only moves what is committed by then. If it fails, the next one moves more; readiness reports a broken store.
    inTurn(attemptId, () => fold(attemptId)).catch(() => undefined);
  }

  /** Moves the rows after the last object to an object. */
  async function fold(attemptId: string): Promise<void> {
    const extents = await rows.describe(attemptId, 0);
    const inRows = extents.slice(extents.findLastIndex(({ objectKey }) => objectKey !== null) + 1);
    if (inRows.length > 1) await replaceByObject(attemptId, inRows);
  }

  /** Replaces consecutive chunks by one object with their lines. Does nothing if another server did that. */
  async function replaceByObject(attemptId: string, extents: readonly LogChunkExtent[]): Promise<void> {
    const [first, last] = [extents[0], extents.at(-1)];
    if (!first || !last) return;
    const key = `logs/${logShardOf(attemptId)}/${attemptId}.${randomBytes(8).toString('hex')}.ndjson.zst`;
    const reservation = await rows.reserveObject(key);
    const range = { firstLine: first.firstLine, toBytes: last.endByte };
    const { sizeBytes } = await blobs.put(key, packLog(readRelative(attemptId, range)));
    const { firstLine, startByte } = first;
    const { endLine, endByte } = last;
    const extent = { firstLine, endLine, startByte, endByte };
    await database.transaction(async ({ logChunks }) => {
      const taken = await logChunks.take(attemptId, extent);
      if (!isSame(taken, extents) || !(await logChunks.keepObject(reservation)))
        throw new LogChunksChangedError(`The log of attempt ${attemptId} has changed`);
      await logChunks.put(attemptId, { ...extent, data: null, objectKey: key, objectBytes: sizeBytes });
      await logChunks.discardObjects(keysOf(taken));
    });
  }

  /** Reads lines as a log of their own, which begins at line 0. */
  async function* readRelative(
    attemptId: string,
    { firstLine, toBytes }: { firstLine: number; toBytes: number },
  ): AsyncIterable<LogPiece> {
    let start = { line: 0, offset: 0 };
    for await (const data of read(attemptId, { fromLine: firstLine, toBytes })) {
      yield { data, start };
      start = { line: start.line + countLines(data), offset: start.offset + data.length };
    }
  }

  async function* read(attemptId: string, { fromLine, toBytes = Number.POSITIVE_INFINITY }: LogRead) {
    let next = fromLine;
    let failedAt = -1;
    for (;;) {
      const chunks = await rows.list(attemptId, { line: next, limit: rowsAtOnce });
      if (chunks.length === 0 && next === fromLine) yield* readMoved(attemptId, { fromLine, toBytes });
      try {
        for (const chunk of chunks) {
          if (chunk.startByte >= toBytes) return;
          for await (const data of readChunk(chunk, next, toBytes)) {
            yield data;
            next += countLines(data);
          }
        }
      } catch (error) {
        // Its lines are in another object since the row was read.
        if (!(error instanceof BlobNotFoundError) || failedAt === next) throw error;
        failedAt = next;
        continue;
      }
      if (chunks.length < rowsAtOnce) return;
    }
  }

  async function* readChunk(chunk: LogChunk, fromLine: number, toBytes: number) {
    const { firstLine, startByte, endByte, data, objectKey, objectBytes } = chunk;
    const skipped = Math.max(0, fromLine - firstLine);
    if (objectKey !== null && objectBytes !== null) {
      const source = createBlobSource(blobs, objectKey, objectBytes);
      yield* readSealedLog(source, skipped, toBytes - startByte);
    } else if (data !== null && endByte <= toBytes) {
      yield* skipLines(onePiece(await decompress(data)), skipped);
    }
  }

  /** Reads a sealed log that was copied from a folder. */
  async function* readMoved(attemptId: string, { fromLine, toBytes }: Required<LogRead>) {
    const key = sealedLogKey(attemptId);
    const found = await blobs.stat(key);
    if (found) yield* readSealedLog(createBlobSource(blobs, key, found.sizeBytes), fromLine, toBytes);
  }

  async function* readAfter(attemptId: string, fromByte: number, toBytes: number) {
    const [first] = await rows.describe(attemptId, fromByte);
    if (first?.objectKey == null || first.objectBytes === null) {
      if (first) yield* read(attemptId, { fromLine: first.firstLine, toBytes });
      return;
    }
    const source = createBlobSource(blobs, first.objectKey, first.objectBytes);
    yield* readSealedLogAfter(source, fromByte - first.startByte, toBytes - first.startByte);
    if (first.endByte < toBytes) yield* read(attemptId, { fromLine: first.endLine, toBytes });
  }

  return {
    append,
    read,

    async readEnd(attemptId, { toBytes, atMostBytes }) {
      const pieces = await Array.fromAsync(readAfter(attemptId, Math.max(0, toBytes - atMostBytes), toBytes));
      const data = Buffer.concat(pieces);
      if (data.length <= atMostBytes) return data;
      const end = data.subarray(data.length - atMostBytes);
      return end.subarray(end.indexOf(newline) + 1);
    },

    async prepareSeal(attemptId) {
      await inTurn(attemptId, async () => {
        const extents = await rows.describe(attemptId, 0);
        if (!isOneObject(extents)) await replaceByObject(attemptId, extents);
      });
    },

    async seal(attemptId, { toBytes }, within) {
      const extents = await within.describe(attemptId, 0);
      const [first] = extents;
      if (!first) return { storedBytes: (await blobs.stat(sealedLogKey(attemptId)))?.sizeBytes ?? null };
      if ((extents.at(-1)?.endByte ?? 0) < toBytes)
        throw new LogTooShortError(`The log of attempt ${attemptId} has fewer than ${toBytes} bytes`);
      return isOneObject(extents) ? { storedBytes: first.objectBytes } : null;
    },

    async holds(attemptId, toBytes) {
      const extents = await rows.describe(attemptId, Math.max(0, toBytes - 1));
      return extents.length > 0 || (await blobs.stat(sealedLogKey(attemptId))) !== undefined;
    },

    async delete(attemptId) {
      await inTurn(attemptId, async () => {
        for (const key of keysOf(await rows.describe(attemptId, 0))) await blobs.delete(key);
        await blobs.delete(sealedLogKey(attemptId));
        await rows.take(attemptId, { startByte: 0, endByte: Number.MAX_SAFE_INTEGER });
      });
    },
  };
}

async function* onePiece(data: Uint8Array): AsyncIterable<LogPiece> {
  yield { data, start: { line: 0, offset: 0 } };
}

function isOneObject(extents: readonly LogChunkExtent[]): boolean {
  return extents.length === 0 || (extents.length === 1 && extents[0]?.objectKey !== null);
}

function isSame(taken: readonly LogChunkExtent[], expected: readonly LogChunkExtent[]): boolean {
  const identify = ({ endLine, objectKey }: LogChunkExtent) => `${endLine} ${objectKey}`;
  const wanted = new Set(expected.map(identify));
  return taken.length === expected.length && taken.every((extent) => wanted.has(identify(extent)));
}

function keysOf(extents: readonly LogChunkExtent[]): string[] {
  return extents.flatMap(({ objectKey }) => objectKey ?? []);
}
