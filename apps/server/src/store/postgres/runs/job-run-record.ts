import type { FailureReason } from '../../../domain/runs/failure-reason.ts';
import type { RunState } from '@pumphouse/contract';
import type { WaitKind } from '../../../domain/runs/wait-reason.ts';
import { columns } from '../statements/columns.ts';

export interface RunFailure {
  code: string;
  detail: string;
}

/** Consecutive skipped starts with the same reason. */
export interface RunSkip {
  /** A SkipStatus of domain/runs/start-decision. */
  status: string;
  /** The reasons of the last one. */
  reasons: string[];
  count: number;
  /** ISO 8601; times of the first and the last skip. */
  firstAt: string;
  lastAt: string;
}

/**
 * Why the server ends a started run: requested, timed out, or an app that is unused, replaced, never
 * listened, or frees a slot.
 */
export type EndIntent = 'cancel' | 'timeout' | 'idle' | 'replaced' | 'silent' | 'room';

export interface JobRunRecord {
  id: string;
  workspaceId: string;
  jobId: string;
  jobVersionId: string;
  deploymentId: string;
  configurationId: string;
  number: number;
  status: RunState;
  trigger: string;
  triggerKind: string;
  triggeredBy: string | null;
  profile: string;
  refresh: boolean;
  intervalStart: Date | null;
  intervalEnd: Date | null;
  previousJobRunId: string | null;
  /** The backfill whose window it loads; null: none. */
  backfillId: string | null;
  /** The number of that window. */
  backfillWindow: number | null;
  /** It only finishes pending load packages of these pipelines; null: a usual run. */
  finishesPending: string[] | null;
  sharesLocalData: boolean;
  failure: RunFailure | null;
  /** Why its last attempt failed, from its output; null if the failure's code is all that is known. */
  reason: FailureReason | null;
  /** Only for a row of skipped starts. */
  skip: RunSkip | null;
  endIntent: EndIntent | null;
  claimNumber: number;
  waitNoted: boolean;
  /** A run of an interactive job. */
  isApp: boolean;
  /** Earliest time for a claim; null if it may be claimed at once. */
  notBefore: Date | null;
  /** Pending runs only: it waits for a slot of its job or organization. */
  isQueued: boolean;
  /** Describes what it waits for; for an obsolete run, why it was cancelled. */
  waitReason: string | null;
  /** The kind of that wait; null if no supervisor has examined it. */
  waitKind: WaitKind | null;
  /**
   * Since when its supervisor has been unable to observe the location of its attempt; null if it can. Kept
   * when the run ends.
   */
  unknownSince: Date | null;
  /** Why the supervisor cannot observe it. */
  unknownDetail: string | null;
  priority: number;
  skipFreshness: boolean;
  /** Deadline: a run that has not started by then fails. */
  startBy: Date | null;
  createdAt: Date;
  updatedAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
}

export type NewJobRun = Pick<
  JobRunRecord,
  | 'workspaceId'
  | 'jobId'
  | 'jobVersionId'
  | 'deploymentId'
  | 'configurationId'
  | 'trigger'
  | 'triggerKind'
  | 'triggeredBy'
  | 'profile'
  | 'refresh'
  | 'intervalStart'
  | 'intervalEnd'
  | 'previousJobRunId'
  | 'backfillId'
  | 'backfillWindow'
  | 'sharesLocalData'
  | 'isApp'
  | 'isQueued'
  | 'waitReason'
  | 'priority'
  | 'skipFreshness'
  | 'startBy'
> & {
  tickAt: Date | null;
  /** Of a job that the server created for itself. */
  isInternal: boolean;
  /** How often users have retried the window of a backfill. */
  backfillRound: number | null;
};

/** All columns of a job run. */
export const runColumns = columns('job_runs', [
  'id',
  'workspace_id',
  'job_id',
  'job_version_id',
  'deployment_id',
  'configuration_id',
  'number',
  'status',
  'trigger',
  'trigger_kind',
  'triggered_by',
  'profile',
  'refresh',
  'interval_start',
  'interval_end',
  'previous_job_run_id',
  'backfill_id',
  'backfill_window',
  'finishes_pending',
  'shares_local_data',
  'failure',
  'reason',
  'skip',
  'end_intent',
  'claim_number',
  'wait_noted',
  'is_app',
  'not_before',
  'is_queued',
  'wait_reason',
  'wait_kind',
  'unknown_since',
  'unknown_detail',
  'priority',
  'skip_freshness',
  'start_by',
  'created_at',
  'updated_at',
  'started_at',
  'finished_at',
]);
