import type { FailedStart } from './start-refusals.ts';
import type { DeploymentRecord, JobRecord, JobRunRecord, RunWorkspace } from '../../store/records.ts';
import type { RunInterval } from '../../domain/scheduling/run-interval.ts';
import type { StartOrigin } from '../../domain/runs/start-decision.ts';

/** A job to decide on. */
export interface Candidate {
  job: JobRecord;
  trigger: string;
  matchedTriggers: string[];
}

export interface StartedJob extends Candidate {
  /** Null for a skipped start, and in a dry run. */
  run: JobRunRecord | null;
  status: string;
  reasons: string[];
}

export interface TriggerResult {
  succeeded: StartedJob[];
  skipped: StartedJob[];
  failed: FailedStart[];
}

/** The window of a backfill that a run loads. */
export interface WindowStart {
  backfillId: string;
  number: number;
  round: number;
  interval: RunInterval;
  priority: number;
}

export interface BatchOptions {
  origin: StartOrigin;
  /** The time by the database clock. */
  now: Date;
  /** The tick, for starts by the clock; null for all others. */
  tickAt: Date | null;
  /** The tick was due while no server ran. */
  isMissed: boolean;
  membershipId: string | null;
  profile: string | null;
  refresh: boolean;
  skipFreshness: boolean;
  dryRun: boolean;
  previousRun: JobRunRecord | null;
  /** Input from the event, a JSON text; null for none. */
  input: string | null;
  /** The caller has locked the jobs, and read them since. */
  isLocked: boolean;
  /**
   * The run replaces the active runs of its job, which end once it is ready: they do not count against it.
   */
  replacesActive: boolean;
  /** The code to run, which the caller holds; the latest if undefined. */
  deployment?: DeploymentRecord;
  /** For a run of a backfill: the window that it loads. */
  window: WindowStart | null;
  /** The run finishes pending packages, and asks no source. */
  asksNoSource: boolean;
  /** Its workspace, if the caller has read it since it locked the jobs. */
  workspace?: RunWorkspace;
}

/** Defaults for a start. */
export const plainStart = {
  tickAt: null,
  isMissed: false,
  membershipId: null,
  profile: null,
  refresh: false,
  skipFreshness: false,
  dryRun: false,
  previousRun: null,
  input: null,
  isLocked: false,
  replacesActive: false,
  window: null,
  asksNoSource: false,
} as const;
