import type { DiskSpace } from '../../platform/disk-space.ts';
import type { Load } from '../../services/runs/read-load.ts';
import type { TickLag } from '../../services/scheduling/read-tick-lag.ts';
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
  /** What makes runs start later than they should, or soon prevents them, one sentence each. */
  degraded: readonly string[];
  /** Null if it cannot be read at the moment. */
  load: Load | null;
  /** How far ticks are behind; null if it cannot be read at the moment. */
  ticks: TickLag | null;
  /** Of the data folder; null if it cannot be read. */
  disk?: DiskSpace | null;
}

/** All templates of a server that serve runs. */
export interface TemplateTotals {
  count: number;
  memoryBytes: number;
  /** Runs that were forked from them. */
  runs: number;
}
