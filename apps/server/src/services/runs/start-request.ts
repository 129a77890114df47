import type { FailedStart } from './start-refusals.ts';
import type { JobRecord, JobRunRecord } from '../../store/records.ts';
import type { StartOrigin } from '../../domain/runs/start-decision.ts';

/** One job to be decided on. */
export interface Candidate {
  job: JobRecord;
  trigger: string;
  matchedTriggers: string[];
}

export interface StartedJob extends Candidate {
  /** Null where the start was declined, and in a dry run. */
  run: JobRunRecord | null;
  status: string;
  reasons: string[];
}

export interface TriggerResult {
  succeeded: StartedJob[];
  skipped: StartedJob[];
  failed: FailedStart[];
}

export interface BatchOptions {
  origin: StartOrigin;
  /** The database's clock. */
  now: Date;
  /** The tick of the clock that asks; null for all others. */
  tickAt: Date | null;
  /** The tick came while no server ran. */
  isMissed: boolean;
  membershipId: string | null;
  profile: string | null;
  refresh: boolean;
  skipFreshness: boolean;
  dryRun: boolean;
  previousRun: JobRunRecord | null;
  /** What the event brought, a JSON text; null for nothing. */
  input: string | null;
  /** The caller has locked the jobs, and read them since. */
  isLocked: boolean;
  /** It takes the place of the runs of its job that are active, which go once it is there: they take no room from it. */
  takesPlace: boolean;
}

/** What a start is unless its caller says otherwise. */
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
  takesPlace: false,
} as const;
