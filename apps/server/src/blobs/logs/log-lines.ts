import type { FileHandle } from 'node:fs/promises';
import { countLines } from './log-index.ts';
import type { LineStart } from './log-index.ts';
import type { LogFiles } from './log-files.ts';

/** A piece of a log and its position in the log. */
export interface LogPiece {
  data: Uint8Array;
  start: LineStart;
}

const newline = 0x0a;
const chunkBytes = 256 * 1024;

/**
 * Reads a file from `start` to byte `end`, in pieces that may end within a line; `start.line` is then the
 * line in which they begin.
 */
export async function* readChunks(file: FileHandle, start: LineStart, end: number): AsyncIterable<LogPiece> {
  let { line, offset } = start;
  while (offset < end) {
    const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, end - offset));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
    if (bytesRead === 0) return;
    const data = buffer.subarray(0, bytesRead);
    yield { data, start: { line, offset } };
    line += countLines(data);
    offset += bytesRead;
  }
}

/** Reads a log from its start to byte `toBytes`, for `packLog`. */
export async function* readLogPieces(
  logFiles: Pick<LogFiles, 'read'>,
  attemptId: string,
  toBytes: number,
): AsyncIterable<LogPiece> {
  let start = { line: 0, offset: 0 };
  for await (const data of logFiles.read(attemptId, { fromLine: 0, toBytes })) {
    yield { data, start };
    start = { line: start.line + countLines(data), offset: start.offset + data.length };
  }
}

/** Regroups the bytes into pieces of whole lines; drops everything after the last newline. */
export async function* wholeLines(pieces: AsyncIterable<LogPiece>): AsyncIterable<LogPiece> {
  let rest: Uint8Array[] = [];
  let restStart: LineStart | undefined;
  for await (const { data, start } of pieces) {
    const end = data.lastIndexOf(newline) + 1;
    if (end > 0) {
      const whole = Buffer.concat([...rest, data.subarray(0, end)]);
      yield { data: whole, start: restStart ?? start };
      rest = [];
      restStart = undefined;
    }
    if (end === data.length) continue;
    restStart ??= end === 0 ? start : { line: start.line + countLines(data), offset: start.offset + end };
    rest.push(data.subarray(end));
  }
}

/** Returns the bytes from line `fromLine` on. */
export async function* skipLines(
  pieces: AsyncIterable<LogPiece>,
  fromLine: number,
): AsyncIterable<Uint8Array> {
  for await (const { data, start } of pieces) {
    const from = findLine(data, fromLine - start.line);
    if (from < data.length) yield data.subarray(from);
  }
}

/**
 * Finds the byte at which the `count`th line after the first begins; returns the length if there are fewer
 * lines.
 */
function findLine(data: Uint8Array, count: number): number {
  let from = 0;
  for (let lines = 0; lines < count; lines += 1) {
    const end = data.indexOf(newline, from);
    if (end === -1) return data.length;
    from = end + 1;
  }
  return from;
}
