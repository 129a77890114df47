import { maxLogSearch, type JobOverviewResponse } from '@pumphouse/contract';

type RunOfJob = NonNullable<JobOverviewResponse['last_run']>;

/** A job that failed and has not completed since. */
export interface FailingJob {
  job: JobOverviewResponse;
  /** Its newest failed run; `run` has the reason. It is null if retention has removed the run. */
  failed: { id: string; number: number; at: string; run: RunOfJob | null };
  /** Number of consecutive failures; 100 means 100 or more. */
  count: number;
  /** The first of these failures; null for a single failure. */
  since: { number: number; at: string; jobRunId: string | null } | null;
}

/** Failing jobs without duplicates, newest failure first. */
export function listFailing(...lists: readonly (readonly JobOverviewResponse[])[]): FailingJob[] {
  const jobs = new Map(lists.flat().map((job) => [job.id, job]));
  return [...jobs.values()]
    .flatMap((job) => toFailing(job) ?? [])
    .toSorted((one, other) => other.failed.at.localeCompare(one.failed.at));
}

function toFailing(job: JobOverviewResponse): FailingJob | null {
  const { state, last_failed_run: run, failing_since: since, recent_runs: recent } = job;
  if (state !== 'failed') return null;
  const failed =
    run === null
      ? findFailedBefore(recent)
      : { id: run.id, number: run.number, at: run.finished_at ?? run.created_at, run };
  if (failed === null) return null;
  const count = since?.count ?? 1;
  const first = since === null ? null : { number: since.number, at: since.at, jobRunId: since.job_run_id };
  return {
    job,
    failed,
    count,
    since: count > 1 ? first : null,
  };
}

/** The newest failure among the recent runs. Their list has only the creation time, not the end time. */
function findFailedBefore(recent: JobOverviewResponse['recent_runs']): FailingJob['failed'] | null {
  const found = recent.findLast(({ status }) => status === 'failed');
  return found ? { id: found.id, number: found.number, at: found.created_at, run: null } : null;
}

/** "10th in a row", "100th or more in a row"; empty for a single failure. */
export function describeRow(count: number): string {
  if (count <= 1) return '';
  return count >= 100 ? 'at least the 100th in a row' : `${ordinal(count)} in a row`;
}

const ordinals = new Intl.PluralRules('en', { type: 'ordinal' });
const endings: Record<string, string> = { one: 'st', two: 'nd', few: 'rd' };

function ordinal(count: number): string {
  return `${count}${endings[ordinals.select(count)] ?? 'th'}`;
}

/**
 * Search text that finds the failure in a run's log: the line that Python prints below the frames, rather
 * than an earlier mention of the exception class. Undefined if the exception is unknown.
 */
export function lineInLog(run: RunOfJob | null): string | undefined {
  const { exception_type: type = null, message = '' } = run?.reason ?? {};
  if (type === null) return undefined;
  // A truncated name ends with an ellipsis that is not in the log.
  if (type.endsWith('…')) return type.slice(0, -1);
  const [first = ''] = message.split('\n', 1);
  const line = first === '' ? type : `${type}: ${first}`;
  // Half of a surrogate pair would match nothing.
  return line
    .slice(0, maxLogSearch)
    .replace(/[\uD800-\uDBFF]$/, '')
    .trimEnd();
}

/**
 * Usual duration of a job in seconds: the median of its recent completed runs; null without any. Null also
 * for interactive jobs, which run until they are stopped.
 */
export function usualSeconds(
  job: Pick<JobOverviewResponse, 'recent_runs' | 'job_type'> | undefined,
): number | null {
  if (job?.job_type !== 'batch') return null;
  const durations = job.recent_runs
    .flatMap(({ status, duration_seconds: seconds }) => (status === 'completed' ? (seconds ?? []) : []))
    .toSorted((one, other) => one - other);
  return durations[Math.floor(durations.length / 2)] ?? null;
}
