import type {
  AlertIncidentResponse,
  AlertKind,
  JobOverviewResponse,
  PipelineFreshnessRow,
  RunOverviewResponse,
} from '@pumphouse/contract';
import type { FailingJob } from './attention.ts';
import { lateTickSeconds, longWaitSeconds } from '@pumphouse/contract';

const secondsSince = (at: string, now: Date) => (now.getTime() - new Date(at).getTime()) / 1000;

/**
 * Runs that should have started: pending or starting for too long, and not waiting for a set time such as a
 * retry.
 */
export function listLongWaits(runs: readonly RunOverviewResponse[], now: Date): RunOverviewResponse[] {
  return runs.filter(({ waiting, status, created_at: at }) => {
    if (waiting === null || secondsSince(at, now) < longWaitSeconds) return false;
    return status !== 'pending' || waiting.until === null || new Date(waiting.until) <= now;
  });
}

type Holder = NonNullable<NonNullable<RunOverviewResponse['waiting']>['behind']>;

/** Runs that wait for the same active run. */
export interface HeldRuns {
  holder: Holder;
  /** The one that has waited for the longest time first. */
  runs: RunOverviewResponse[];
}

/** Separates runs that wait for a known active run, by that run, from others. */
export function groupByHolder(runs: readonly RunOverviewResponse[]): {
  held: HeldRuns[];
  others: RunOverviewResponse[];
} {
  const held = new Map<string, HeldRuns>();
  const others: RunOverviewResponse[] = [];
  for (const run of runs.toSorted((one, other) => one.created_at.localeCompare(other.created_at))) {
    // A server of the release before does not say it.
    const holder = run.waiting?.behind ?? null;
    if (holder === null) others.push(run);
    else {
      const group = held.get(holder.job_run_id) ?? { holder, runs: [] };
      group.runs.push(run);
      held.set(holder.job_run_id, group);
    }
  }
  return { held: [...held.values()], others };
}

/** A job whose tick has passed without a start or a skip. */
export interface OverdueTick {
  job: JobOverviewResponse;
  at: string;
}

export function listOverdueTicks(jobs: readonly JobOverviewResponse[], now: Date): OverdueTick[] {
  return jobs.flatMap((job) => {
    const at = job.next_start?.at;
    return at !== undefined && secondsSince(at, now) > lateTickSeconds ? [{ job, at }] : [];
  });
}

export interface AttentionCounts {
  failing: number;
  unknown: number;
  waiting: number;
  overdue: number;
  stale: number;
  incidents: number;
}

/** "1 job needs attention", "2 jobs, 1 waiting run and 1 stale pipeline need attention". */
export function describeAttention({
  failing,
  unknown,
  waiting,
  overdue,
  stale,
  incidents,
}: AttentionCounts): string {
  const parts = [
    countOf(failing, 'job', 'jobs'),
    countOf(unknown, 'unknown run', 'unknown runs'),
    countOf(waiting, 'waiting run', 'waiting runs'),
    countOf(overdue, 'late job', 'late jobs'),
    countOf(stale, 'stale pipeline', 'stale pipelines'),
    countOf(incidents, 'incident', 'incidents'),
  ].filter((part) => part !== null);
  const isOne = failing + unknown + waiting + overdue + stale + incidents === 1;
  const last = parts.pop() ?? '';
  const list = parts.length === 0 ? last : `${parts.join(', ')} and ${last}`;
  return `${list} ${isOne ? 'needs' : 'need'} attention`;
}

function countOf(count: number, one: string, many: string): string | null {
  if (count === 0) return null;
  return `${new Intl.NumberFormat('en').format(count)} ${count === 1 ? one : many}`;
}

export type StalePipeline = PipelineFreshnessRow;

/**
 * Removes stale pipelines whose last run belongs to a failing job: the job is already listed, and its failure
 * is the cause.
 */
export function omitPipelinesOfFailingJobs(
  stale: readonly StalePipeline[],
  failing: readonly FailingJob[],
): StalePipeline[] {
  const failingIds = new Set(failing.map(({ job }) => job.id));
  return stale.filter(({ last_run: run }) => run === null || !failingIds.has(run.job_run.job_id));
}

/** Kinds of incidents that other rows show already, or that are good news. */
const otherwiseShown: ReadonlySet<string> = new Set<AlertKind>([
  'run_failed',
  'run_succeeded',
  'recovered',
  'late',
  'stuck_waiting',
  'freshness_missed',
]);

/** Open incidents that are neither acknowledged nor snoozed nor muted, and that no other row shows. */
export function listOpenIncidents(incidents: readonly AlertIncidentResponse[]): AlertIncidentResponse[] {
  return incidents.filter(({ state, kind, is_muted: isMuted }) => {
    return state === 'open' && !isMuted && !otherwiseShown.has(kind);
  });
}
