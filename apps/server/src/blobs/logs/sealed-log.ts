import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { countLines, findEntries, findEntryBefore, logStart } from './log-index.ts';
import type { LineStart } from './log-index.ts';
import { skipLines } from './log-lines.ts';
import type { LogPiece } from './log-lines.ts';

/*
 * A sealed log is a sequence of zstd frames, each of about 1,000 lines or 256 KB and separately readable,
 * followed by a skippable frame, which zstd ignores, with the index. For each frame, the index contains its
 * first line, its byte in the log and its byte in the file; then an entry for the end of all three, and a
 * footer. `zstd -d` restores the whole log.
 */
interface FrameStart extends LineStart {
  packedOffset: number;
}

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
const newline = 0x0a;
const framesAhead = 2;
const entryBytes = 24;
const footerBytes = 8;
const skippableMagic = 0x18_4d_2a_50;
const indexMagic = 0x50_48_4c_31;
const frameOverheadBytes = 8;

/** Where a sealed log is read from. */
export interface SealedLogSource {
  /** For messages. */
  name: string;
  sizeBytes: number;
  /** Reads bytes that must exist. */
  readAt(position: number, length: number): Promise<Buffer>;
}

/** Compresses `pieces`, whole lines from the start of a log. */
export async function* packLog(pieces: AsyncIterable<LogPiece>): AsyncIterable<Buffer> {
  const starts: FrameStart[] = [];
  let packedOffset = 0;
  let end: LineStart = logStart;
  for await (const { data, start } of splitAtEntries(pieces)) {
    const frame = await compress(data);
    yield frame;
    starts.push({ ...start, packedOffset });
    packedOffset += frame.length;
    end = { line: start.line + countLines(data), offset: start.offset + data.length };
  }
  yield encodeIndex([...starts, { ...end, packedOffset }]);
}

/**
 * Reads the lines from `fromLine` to byte `toBytes` of a sealed log, without decompressing earlier frames.
 */
export async function* readSealedLog(
  source: SealedLogSource,
  fromLine: number,
  toBytes = Number.POSITIVE_INFINITY,
): AsyncIterable<Uint8Array> {
  const starts = await readIndex(source);
  const first = findEntryBefore(starts, fromLine);
  const from = first === undefined ? 0 : starts.indexOf(first);
  yield* skipLines(readFrames(source, starts, from, toBytes), fromLine);
}

/** Reads the whole lines from the frame with byte `fromByte` on, up to byte `toBytes`. */
export async function* readSealedLogAfter(
  source: SealedLogSource,
  fromByte: number,
  toBytes: number,
): AsyncIterable<Uint8Array> {
  const starts = await readIndex(source);
  const from = starts.findLastIndex(({ offset }) => offset <= fromByte);
  for await (const { data } of readFrames(source, starts, Math.max(0, from), toBytes)) yield data;
}

async function* readFrames(
  source: SealedLogSource,
  starts: readonly FrameStart[],
  from: number,
  toBytes: number,
): AsyncIterable<LogPiece> {
  const unpacking = new Map<number, Promise<LogPiece | undefined>>();
  for (let number = from; ; number += 1) {
    // Readers of a second frame mostly read all, so the next ones are decompressed while this one is
    // consumed.
    const last = number === from ? number : number + framesAhead;
    for (let wanted = number; wanted <= last; wanted += 1) {
      if (unpacking.has(wanted)) continue;
      const piece = unpackFrame(source, starts, wanted, toBytes);
      // The consumer may have stopped reading.
      piece.catch(() => undefined);
      unpacking.set(wanted, piece);
    }
    const piece = await unpacking.get(number);
    unpacking.delete(number);
    if (piece === undefined) return;
    yield piece;
  }
}

/** @returns undefined after the last frame, and after byte `toBytes` of the log */
async function unpackFrame(
  source: SealedLogSource,
  starts: readonly FrameStart[],
  number: number,
  toBytes: number,
): Promise<LogPiece | undefined> {
  const [start, next] = [starts[number], starts[number + 1]];
  if (start === undefined || next === undefined || start.offset >= toBytes) return undefined;
  const data = await decompress(
    await source.readAt(start.packedOffset, next.packedOffset - start.packedOffset),
  );
  if (next.offset <= toBytes) return { data, start };
  const wanted = data.subarray(0, toBytes - start.offset);
  return { data: wanted.subarray(0, wanted.lastIndexOf(newline) + 1), start };
}

/** Regroups pieces at the boundaries of index entries. */
async function* splitAtEntries(pieces: AsyncIterable<LogPiece>): AsyncIterable<LogPiece> {
  let parts: Uint8Array[] = [];
  let begin = logStart;
  for await (const { data, start } of pieces) {
    let from = 0;
    for (const entry of findEntries(data, start, begin)) {
      const to = entry.offset - start.offset;
      yield { data: Buffer.concat([...parts, data.subarray(from, to)]), start: begin };
      parts = [];
      begin = entry;
      from = to;
    }
    if (from < data.length) parts.push(data.subarray(from));
  }
  if (parts.length > 0) yield { data: Buffer.concat(parts), start: begin };
}

function encodeIndex(starts: readonly FrameStart[]): Buffer {
  const bodyBytes = starts.length * entryBytes + footerBytes;
  const bytes = Buffer.alloc(frameOverheadBytes + bodyBytes);
  bytes.writeUInt32LE(skippableMagic, 0);
  bytes.writeUInt32LE(bodyBytes, 4);
  for (const [number, { line, offset, packedOffset }] of starts.entries()) {
    const at = frameOverheadBytes + number * entryBytes;
    bytes.writeBigUInt64LE(BigInt(line), at);
    bytes.writeBigUInt64LE(BigInt(offset), at + 8);
    bytes.writeBigUInt64LE(BigInt(packedOffset), at + 16);
  }
  bytes.writeUInt32LE(starts.length, bytes.length - footerBytes);
  bytes.writeUInt32LE(indexMagic, bytes.length - 4);
  return bytes;
}

async function readIndex(source: SealedLogSource): Promise<FrameStart[]> {
  const { name, sizeBytes } = source;
  const footer = await source.readAt(Math.max(0, sizeBytes - footerBytes), Math.min(sizeBytes, footerBytes));
  const count = footer.length === footerBytes ? footer.readUInt32LE(0) : 0;
  const start = sizeBytes - footerBytes - count * entryBytes;
  if (count === 0 || footer.readUInt32LE(4) !== indexMagic || start < frameOverheadBytes) {
    throw new Error(`${name} is damaged: it has no index`);
  }
  const bytes = await source.readAt(start, count * entryBytes);
  return Array.from({ length: count }, (_, number) => ({
    line: Number(bytes.readBigUInt64LE(number * entryBytes)),
    offset: Number(bytes.readBigUInt64LE(number * entryBytes + 8)),
    packedOffset: Number(bytes.readBigUInt64LE(number * entryBytes + 16)),
  }));
}
