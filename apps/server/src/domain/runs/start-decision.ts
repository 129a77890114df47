import { evaluateAllFreshness, type UpstreamInput } from '../scheduling/freshness.ts';
import { getConcurrencyLimit, type JobDefinition } from '../jobs/job-definition.ts';
import { resolveRefresh } from '../scheduling/refresh.ts';
import type { RunInterval } from '../scheduling/run-interval.ts';
import { decideInterval, isSkip } from '../scheduling/start-interval.ts';

/** Why a start is skipped, with the status names of the dlt API. */
export const SKIP_STATUSES = [
  'skipped_fresh',
  'skipped_upstream_pending',
  'skipped_out_of_interval',
  'skipped_already_covered',
  'skipped_concurrency_limit',
  'skipped_org_concurrency_limit',
  'skipped_minutes_limit',
  'skipped_paused',
  'skipped_workspace_archived',
  // Specific to Pumphouse: the dlt API has no such status, and no response contains it.
  'skipped_missed',
] as const;
export type SkipStatus = (typeof SKIP_STATUSES)[number];

/**
 * The source of a start: a user or API client, the clock, an event (a followed job, a webhook, a deployment),
 * an upstream that became fresh, a deferred start whose upstreams are now fresh, or a backfill. A pause stops
 * only clock and freshness.
 */
export type StartOrigin = 'request' | 'tick' | 'event' | 'freshness' | 'promise' | 'backfill';

/** Limits and current use of the organization: active runs and minutes per month. Null means no limit. */
export interface OrganizationCapacity {
  activeRunCount: number;
  runLimit: number | null;
  usedSeconds: number;
  minuteLimit: number | null;
}

/** Runs of the job that wait for a slot. */
export interface JobQueue {
  /** A start at capacity is queued; otherwise it is skipped. */
  isOpen: boolean;
  length: number;
  /** Number of the run that waits for the same timed trigger; null if there is none. */
  sameTriggerNumber: number | null;
}

/** Maximum number of queued runs of one job: more indicate a mistake, not a backlog. */
const maxQueueLength = 100;

export interface StartInput {
  definition: JobDefinition;
  origin: StartOrigin;
  /** The chosen trigger, one of listTriggers(definition). */
  trigger: string;
  now: Date;
  /** End of the last completed run's interval; null if there is none or a refresh discarded it. */
  lastCompletedEnd: Date | null;
  /** One entry for each freshness constraint of the job. */
  upstreams: readonly UpstreamInput[];
  /** Upstreams that the same call has started or waits for (listPendingUpstreams). */
  pendingUpstreams: readonly string[];
  /** Active runs of the job, without those that wait for a slot. */
  activeRunCount: number;
  /** Those of them that load windows of backfills. */
  backfillRunCount?: number;
  /** Time that a start leaves out, joined and in order: completed time, and open windows of backfills. */
  taken?: readonly RunInterval[];
  /** The window that a run of a backfill loads, instead of the time that is due. */
  window?: RunInterval | null;
  organization: OrganizationCapacity;
  queue: JobQueue;
  /** The tick was due while no server ran, and the job does not catch up on such ticks. */
  isMissed: boolean;
  isPaused: boolean;
  isArchived: boolean;
  isWorkspaceArchived: boolean;
  /** Ignore the freshness of upstreams. */
  skipFreshness: boolean;
  /** The caller requested a refresh, or a cascade left one for the job's next run. */
  refresh: boolean;
  /** It finishes pending packages only: it covers no time, and leaves a pending refresh to the next run. */
  asksNoSource?: boolean;
}

/**
 * The decision on a start: `start` with everything that the run's row needs; `queue` with the same, to start
 * when a slot is free; `skip` with its status and reasons; or `refuse` for an archived job, which is an error
 * because the API has no status for it.
 */
export type StartDecision =
  | { outcome: 'start'; interval: RunInterval; refresh: boolean; warnings: string[] }
  | {
      outcome: 'queue';
      interval: RunInterval;
      refresh: boolean;
      warnings: string[];
      waitsFor: 'job' | 'organization';
      reason: string;
    }
  | { outcome: 'skip'; status: SkipStatus; reasons: string[] }
  | { outcome: 'refuse'; reasons: string[] };

type Skip = Extract<StartDecision, { outcome: 'skip' }>;

/**
 * Decides whether a run starts now, and on which interval. Pure: the caller holds the job's lock and writes
 * the row.
 * @throws {InvalidTriggerError} on a trigger text that does not parse
 */
export function decideStart(input: StartInput): StartDecision {
  const { definition } = input;
  if (input.isArchived) return { outcome: 'refuse', reasons: [`job ${definition.job_ref} is archived`] };
  if (input.isWorkspaceArchived) return skip('skipped_workspace_archived', 'the workspace is archived');
  if (input.isPaused && (input.origin === 'tick' || input.origin === 'freshness')) {
    return skip('skipped_paused', `job ${definition.job_ref} is paused`);
  }
  if (input.isMissed)
    return skip('skipped_missed', 'no server ran at the tick, and catch_up = "skip" waits for the next one');
  const { window = null, taken = [], backfillRunCount = 0, asksNoSource = false } = input;
  const { refresh, warning } = asksNoSource
    ? { refresh: false, warning: null }
    : resolveRefresh(input.refresh, definition.refresh_propagation, definition.job_ref);
  const due = {
    ...input,
    taken,
    // Runs of backfills leave the time that is due to others.
    activeRunCount: input.activeRunCount - backfillRunCount,
    isByFreshness: input.origin === 'freshness',
    refresh,
    isRefreshRequested: input.refresh,
  };
  const interval = window ?? (asksNoSource ? { start: input.now, end: input.now } : decideInterval(due));
  if (isSkip(interval)) return skip(interval.status, ...interval.reasons);
  const declined = checkUpstreams(input) ?? checkMinutes(input.organization);
  if (declined !== null) return declined;
  const start = { interval, refresh, warnings: warning === null ? [] : [warning] };
  const obstacle = findObstacle(input, refresh);
  if (obstacle === null) return { outcome: 'start', ...start };
  const { status, waitsFor, reason } = obstacle;
  if (!input.queue.isOpen) return skip(status, reason);
  return checkQueue(input, obstacle) ?? { outcome: 'queue', ...start, waitsFor, reason };
}

function checkUpstreams(input: StartInput): Skip | null {
  if (input.skipFreshness) return null;
  if (input.pendingUpstreams.length > 0) {
    const reasons = input.pendingUpstreams.map(
      (ref) => `upstream ${ref} runs first; this job starts when it completes`,
    );
    return skip('skipped_upstream_pending', ...reasons);
  }
  const { isFresh, reasons } = evaluateAllFreshness(input.upstreams, input.now);
  return isFresh ? null : skip('skipped_fresh', ...reasons);
}

function checkMinutes({ usedSeconds, minuteLimit }: OrganizationCapacity): Skip | null {
  if (minuteLimit === null || usedSeconds < minuteLimit * 60) return null;
  const used = Math.floor(usedSeconds / 60);
  return skip(
    'skipped_minutes_limit',
    `the organization has used ${used} of its ${minuteLimit} run minutes this month (UTC)`,
  );
}

interface Obstacle {
  status: SkipStatus;
  waitsFor: 'job' | 'organization';
  reason: string;
}

/** Finds the limit that is reached, if any: that of the job or of the organization. */
function findObstacle(
  { definition, activeRunCount, backfillRunCount = 0, organization, queue }: StartInput,
  refresh: boolean,
): Obstacle | null {
  const limit = getConcurrencyLimit(definition);
  const ofJob = (reason: string): Obstacle => ({
    status: 'skipped_concurrency_limit',
    waitsFor: 'job',
    reason,
  });
  if (limit !== null && activeRunCount >= limit)
    return ofJob(`${activeRunCount} of ${limit} allowed runs of this job are active`);
  // A refresh drops what the windows load.
  if (refresh && backfillRunCount > 0) return ofJob(`${backfillRunCount} windows of a backfill end first`);
  const { runLimit } = organization;
  if (runLimit !== null && organization.activeRunCount >= runLimit) {
    return {
      status: 'skipped_org_concurrency_limit',
      waitsFor: 'organization',
      reason: `${organization.activeRunCount} of ${runLimit} allowed runs of the organization are active`,
    };
  }
  // A new start must not overtake runs that wait already.
  if (queue.isOpen && queue.length > 0)
    return ofJob(
      `${queue.length} ${queue.length === 1 ? 'earlier run of this job is still waiting' : 'earlier runs of this job are still waiting'}`,
    );
  return null;
}

/** If a run already waits for the same trigger, another tick adds nothing: that run will cover both. */
function checkQueue({ queue, trigger }: StartInput, { status, reason }: Obstacle): Skip | null {
  if (queue.sameTriggerNumber !== null) {
    return skip(
      status,
      reason,
      `run ${queue.sameTriggerNumber} is already waiting for '${trigger}', and covers all time until it starts`,
    );
  }
  if (queue.length < maxQueueLength) return null;
  return skip(status, reason, `${queue.length} runs of this job are already waiting, which is the maximum`);
}

function skip(status: SkipStatus, ...reasons: string[]): Skip {
  return { outcome: 'skip', status, reasons };
}
