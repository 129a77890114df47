import type { AttemptWait } from '../../../domain/attempts/attempt-waits.ts';
import type { PlainStart } from '../../../domain/attempts/plain-start.ts';
import type { FailureReason } from '../../../domain/runs/failure-reason.ts';
import type { StoredHandle } from './stored-handle.ts';
import { columns } from '../statements/columns.ts';

export interface AttemptExit {
  code: number | null;
  signal: string | null;
  outOfMemory: 'limit' | 'machine' | null;
  /** Absent in rows of an earlier version. */
  processLimitReached?: boolean;
  peakMemoryBytes: number | null;
  /** The most that all processes used together. Absent in rows of an earlier version, null if it is unknown. */
  peakGroupMemoryBytes?: number | null;
  reason: { code: string; detail: string } | null;
  killedDescendants: number;
}

/** Why an attempt failed. */
export interface AttemptFailure {
  code: string;
  detail: string;
}

export interface AttemptRecord {
  id: string;
  jobRunId: string;
  number: number;
  claimNumber: number;
  executor: string;
  /** An executor's handle; null until the executor has started the attempt. */
  handle: StoredHandle | null;
  begunBy: string | null;
  begunAt: Date | null;
  spoolOffset: number;
  logBytes: number;
  logLines: number;
  logSealed: boolean;
  /** When retention removed the log; null while it exists. */
  logRemovedAt: Date | null;
  beaconCount: number;
  beaconBytes: number;
  /** When its code waited for databases, in order. */
  waits: readonly AttemptWait[];
  exit: AttemptExit | null;
  /** Also null if it did not fail, and if another attempt replaced it before it started. */
  failure: AttemptFailure | null;
  /** Why its code failed, from its output; null if the failure's code is all that is known. */
  reason: FailureReason | null;
  createdAt: Date;
  /** When the last lines of its user code were stored; null if it has printed none. */
  lastOutputAt: Date | null;
  /** When its Python environment was ready; null before, and for attempts of older servers. */
  environmentReadyAt: Date | null;
  startedAt: Date | null;
  /** Why its user code started with nothing imported ahead; null if it did not, and before it started. */
  plainStart: PlainStart | null;
  finishedAt: Date | null;
  /** When its effect on the run was decided; from then on it has no further effect. */
  closedAt: Date | null;
}

/** All columns of an attempt, except its secrets. */
export const attemptColumns = columns('attempts', [
  'id',
  'job_run_id',
  'number',
  'claim_number',
  'executor',
  'handle',
  'begun_by',
  'begun_at',
  'spool_offset',
  'log_bytes',
  'log_lines',
  'log_sealed',
  'log_removed_at',
  'beacon_count',
  'beacon_bytes',
  'waits',
  'exit',
  'failure',
  'reason',
  'created_at',
  'environment_ready_at',
  'started_at',
  'finished_at',
  'closed_at',
  'last_output_at',
  'plain_start',
]);
