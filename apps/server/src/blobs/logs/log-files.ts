import type { LogChunkRows } from './log-chunks.ts';

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

/** The logs of attempts as NDJSON, which are compressed when the attempt has ended. */
export interface LogFiles {
  /**
   * Writes lines after byte `expectedBytes`. Lines in a file are durable when the promise resolves, and a
   * longer file is truncated first: it contains an append whose commit a crash prevented. Lines in rows are
   * part of the caller's transaction. Rejects with a LogTooShortError if bytes are missing.
   * @param rows of the transaction that moves the length of the log
   */
  append(attemptId: string, append: LogAppend, rows: LogChunkRows): Promise<void>;
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
   * Compresses a log that is about to be sealed, as far as that needs no lock, because a large log takes long.
   * Can be repeated after a crash at any point, and the log stays readable throughout.
   */
  prepareSeal(attemptId: string): Promise<void>;
  /**
   * Seals a finished log up to `toBytes`. Can be repeated after a crash at any point, and the log stays
   * readable throughout. An attempt without a log stays without one.
   * @param rows of the transaction that marks the log as sealed
   * @returns the stored size of the compressed log, null without a log; null instead of the object if lines
   * were added since `prepareSeal`, which is then to be called again
   */
  seal(
    attemptId: string,
    options: { toBytes: number },
    rows: LogChunkRows,
  ): Promise<{ storedBytes: number | null } | null>;
  /** Reports whether this is where the log is, at least up to byte `toBytes`. */
  holds(attemptId: string, toBytes: number): Promise<boolean>;
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

const attemptIdPattern = /^[\w-]{2,64}$/;

/** Returns the name of the folder with the log of an attempt, in the folder of all logs. */
export function logShardOf(attemptId: string): string {
  if (!attemptIdPattern.test(attemptId))
    throw new Error(`Not an attempt id: ${JSON.stringify(attemptId.slice(0, 100))}`);
  return attemptId.slice(-2);
}
