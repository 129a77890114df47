import { longestLogSearch, type JobOverviewResponse } from '@pumphouse/contract';

type RunOfJob = NonNullable<JobOverviewResponse['last_run']>;

/** A job that somebody has to look at. */
export interface FailingJob {
  job: JobOverviewResponse;
  /** Its newest run that failed; `run` says why, where that is the newest of all. */
  failed: { id: string; number: number; at: string; run: RunOfJob | null };
  /** How many failures follow on each other; 100 also stands for more. */
  count: number;
  /** The first of them; null where it is the only one. */
  since: { number: number; at: string; jobRunId: string | null } | null;
}

/** The jobs whose last outcome was a failure, the newest failure first, each once. */
export function listFailing(...lists: readonly (readonly JobOverviewResponse[])[]): FailingJob[] {
  const jobs = new Map(lists.flat().map((job) => [job.id, job]));
  return [...jobs.values()]
    .flatMap((job) => toFailing(job) ?? [])
    .toSorted((one, other) => other.failed.at.localeCompare(one.failed.at));
}

function toFailing(job: JobOverviewResponse): FailingJob | null {
  const { last_run: run, failing_since: since, recent_runs: recent } = job;
  const failed =
    run?.status === 'failed'
      ? { id: run.id, number: run.number, at: run.finished_at ?? run.created_at, run }
      : since === null
        ? null
        : findFailedBefore(recent);
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

/** The newest failure among the last runs; their list does not say when one ended, only when it was made. */
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
 * What to look for in the log of a run, so that it opens where the failure is told and not where its class is mentioned before: the line
 * that Python prints below the frames. Undefined where no exception is known.
 */
export function lineInLog(run: RunOfJob | null): string | undefined {
  const { exception_type: type = null, message = '' } = run?.reason ?? {};
  if (type === null) return undefined;
  // A name that was cut ends with a mark that the log does not have.
  if (type.endsWith('…')) return type.slice(0, -1);
  const [first = ''] = message.split('\n', 1);
  const line = first === '' ? type : `${type}: ${first}`;
  // Half of a character would not be found.
  return line
    .slice(0, longestLogSearch)
    .replace(/[\uD800-\uDBFF]$/, '')
    .trimEnd();
}

/**
 * What a run of the job usually takes (seconds): the median of those among its last that completed; null without any. Null also for jobs
 * that run until they are stopped: an app is never late.
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
