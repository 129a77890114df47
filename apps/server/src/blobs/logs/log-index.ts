import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { isErrorCode } from '../../platform/error-code.ts';

/** The start of a line in a log. */
export interface LineStart {
  line: number;
  offset: number;
}

const newline = 0x0a;
const entryBytes = 16;
const linesPerEntry = 1000;
const bytesPerEntry = 256 * 1024;

/** Line 0 starts at byte 0: the implicit first entry of every log. */
export const logStart: LineStart = { line: 0, offset: 0 };

/**
 * Finds the index entries in `data`, which begins at `start`: every 1,000th line, or the next line after 256
 * KB. `last` is the entry before it.
 */
export function findEntries(data: Uint8Array, start: LineStart, last: LineStart): LineStart[] {
  const entries: LineStart[] = [];
  let { line } = start;
  let previous = last;
  for (let end = data.indexOf(newline); end !== -1; end = data.indexOf(newline, end + 1)) {
    line += 1;
    const offset = start.offset + end + 1;
    if (line - previous.line < linesPerEntry && offset - previous.offset < bytesPerEntry) continue;
    previous = { line, offset };
    entries.push(previous);
  }
  return entries;
}

/**
 * Reports whether an entry is missing between `last` and the end of the log, `end`: the index was lost, or a
 * crash left it behind.
 */
export function hasMissedEntry(last: LineStart, end: LineStart): boolean {
  return end.line - last.line >= linesPerEntry || end.offset - last.offset >= bytesPerEntry;
}

/** Counts the lines in `data`. */
export function countLines(data: Uint8Array): number {
  let lines = 0;
  for (let end = data.indexOf(newline); end !== -1; end = data.indexOf(newline, end + 1)) lines += 1;
  return lines;
}

/**
 * Reads the index of a log of `logBytes` bytes: its entries up to the first invalid one (left by a crash),
 * and none if there is no index. Entries may be missing, at the end or entirely: a reader then scans more.
 */
export async function readLogIndex(path: string, logBytes: number): Promise<LineStart[]> {
  const bytes = await readWhole(path);
  const entries: LineStart[] = [];
  let last = logStart;
  for (let at = 0; at + entryBytes <= bytes.length; at += entryBytes) {
    const entry = {
      line: Number(bytes.readBigUInt64LE(at)),
      offset: Number(bytes.readBigUInt64LE(at + 8)),
    };
    if (entry.line <= last.line || entry.offset <= last.offset || entry.offset > logBytes) break;
    entries.push(entry);
    last = entry;
  }
  return entries;
}

/**
 * Returns the last entry at or before byte `logBytes`, if the index is intact; undefined if the entries must
 * be read one by one.
 */
export async function readLastEntry(index: FileHandle, logBytes: number): Promise<LineStart | undefined> {
  const { size } = await index.stat();
  if (size === 0 || size % entryBytes !== 0) return undefined;
  const bytes = Buffer.alloc(entryBytes);
  await index.read(bytes, 0, entryBytes, size - entryBytes);
  const entry = { line: Number(bytes.readBigUInt64LE(0)), offset: Number(bytes.readBigUInt64LE(8)) };
  return entry.line > 0 && entry.offset > 0 && entry.offset <= logBytes ? entry : undefined;
}

/** Keeps the first `kept` entries of the file and appends `added`. */
export async function writeEntries(
  index: FileHandle,
  kept: number,
  added: readonly LineStart[],
): Promise<void> {
  if (added.length === 0) return;
  const bytes = Buffer.alloc(added.length * entryBytes);
  for (const [number, { line, offset }] of added.entries()) {
    bytes.writeBigUInt64LE(BigInt(line), number * entryBytes);
    bytes.writeBigUInt64LE(BigInt(offset), number * entryBytes + 8);
  }
  await index.write(bytes, 0, bytes.length, kept * entryBytes);
}

export async function truncateEntries(index: FileHandle, kept: number): Promise<void> {
  await index.truncate(kept * entryBytes);
}

/** Counts the entries of an index file. */
export async function countEntries(index: FileHandle): Promise<number> {
  return Math.floor((await index.stat()).size / entryBytes);
}

/** Finds the last entry at or before a line. */
export function findEntryBefore<Entry extends LineStart>(
  entries: readonly Entry[],
  line: number,
): Entry | undefined {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const entry = entries[middle];
    if (entry !== undefined && entry.line <= line) low = middle + 1;
    else high = middle;
  }
  return entries[low - 1];
}

async function readWhole(path: string): Promise<Buffer> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return Buffer.alloc(0);
    throw error;
  }
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}
