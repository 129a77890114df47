import type { Load } from '../../services/runs/read-load.ts';
import type { LoopStatus } from '../../platform/loops.ts';

/** Whether a server can take and run work, and what it is doing. */
export interface Readiness {
  ok: boolean;
  /** What is missing, one sentence each. */
  reasons: string[];
  /** What does not keep the server from working, and what an operator should see: variables that are no settings. */
  warnings?: readonly string[];
  /** The loops that this server runs. */
  loops: readonly LoopStatus[];
  /** Null where it cannot be read now. */
  load: Load | null;
}
