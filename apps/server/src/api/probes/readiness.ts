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
  /** Null if it cannot be read at the moment. */
  load: Load | null;
}
