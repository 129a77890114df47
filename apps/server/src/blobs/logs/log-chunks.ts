/** A part of an attempt's log: consecutive whole lines, either in a row or in an object. */
export interface LogChunkExtent {
  firstLine: number;
  /** Exclusive. */
  endLine: number;
  startByte: number;
  /** Exclusive. */
  endByte: number;
  /** The object with the lines, in the format of a sealed log; null for lines in the row. */
  objectKey: string | null;
  objectBytes: number | null;
}

export interface LogChunk extends LogChunkExtent {
  /** Compressed lines; null if they are in an object. */
  data: Uint8Array | null;
}

/** The rows of logs, on the database or in one open transaction. */
export interface LogChunkRows {
  /**
   * Adds a chunk after the last one.
   * @returns false if the last chunk does not end where this one begins
   */
  append(attemptId: string, chunk: LogChunk): Promise<boolean>;
  /** Adds a chunk in place of chunks that were taken. */
  put(attemptId: string, chunk: LogChunk): Promise<unknown>;
  /** Lists the chunks that end after a line, in order, with their data. */
  list(attemptId: string, from: { line: number; limit: number }): Promise<LogChunk[]>;
  /** Lists the chunks that end after a byte, in order, without their data. */
  describe(attemptId: string, afterByte: number): Promise<LogChunkExtent[]>;
  /** Removes the chunks within these bytes, and returns what they were. */
  take(attemptId: string, bytes: Pick<LogChunkExtent, 'startByte' | 'endByte'>): Promise<LogChunkExtent[]>;
  /** Marks an object that will be written for removal after a day. */
  reserveObject(key: string): Promise<number>;
  /**
   * Keeps a reserved object, because a row names it now.
   * @returns false if the reservation has expired
   */
  keepObject(reservation: number): Promise<boolean>;
  /** Marks objects that no row names any more for removal. */
  discardObjects(keys: readonly string[]): Promise<unknown>;
}

/** Where the rows of logs are. */
export interface LogChunkDatabase {
  store: { logChunks: LogChunkRows };
  transaction<T>(work: (store: { logChunks: LogChunkRows }) => Promise<T>): Promise<T>;
}
