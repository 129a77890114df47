/**
 * What an executor stores about a started attempt: versioned JSON in the database, opaque to all other code.
 */
export interface AttemptHandle {
  executor: string;
  version: number;
  /** Executor-specific. Always identifies where the attempt lives: host and boot, or engine. */
  data: Record<string, unknown>;
}
