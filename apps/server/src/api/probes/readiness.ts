import type { Load } from '../../services/runs/read-load.ts';
import type { LoopStatus } from '../../platform/loops.ts';

/** Whether a server can take and run work, and what it is doing. */
export interface Readiness {
  ok: boolean;
  /** What keeps the server from being ready, one sentence each. */
  reasons: string[];
  /**
   * Problems that an operator should fix although the server works, such as environment variables that are
   * not settings.
   */
  warnings?: readonly string[];
  /** The loops that this server runs. */
  loops: readonly LoopStatus[];
  /** Templates of this server's runs; null if its executor has none. */
  templates: TemplateTotals | null;
  /** Null if it cannot be read at the moment. */
  load: Load | null;
}

/** All templates of a server that serve runs. */
export interface TemplateTotals {
  count: number;
  memoryBytes: number;
  /** Runs that were forked from them. */
  runs: number;
}
