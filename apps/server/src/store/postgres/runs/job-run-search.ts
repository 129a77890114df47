import type { JobRunFilter } from './job-run-filter.ts';
import type { Queryable } from '../pool.ts';
import type { RowRange } from '../statements/keyset.ts';

/** The jobs whose runs a search, or a filter by what their jobs are, leaves. */
export interface FoundJobs {
  /** All their runs are in the list. */
  whole: string[];
  /** Of these only runs that ran a pipeline whose name holds the searched text. */
  byPipeline: string[];
  /** Jobs of the asked types, with the asked tags, that have run the asked pipelines; null where none were asked for. */
  typed: string[] | null;
  /** Runs of this number are in the list whatever their job; null where the search is no number. */
  number: number | null;
  /** About how many runs all these jobs have, and each of them. */
  runs: number[];
  /** About how many runs the workspace has. */
  totalRuns: number;
}

interface Row {
  id: string;
  runs: number;
  totalRuns: number;
  isNamed: boolean;
  hasPipeline: boolean;
}

const largestNumber = 2 ** 31 - 1;

/** Null when the filter says nothing of jobs. */
export async function findJobs(
  sql: Queryable,
  workspaceId: string,
  filter: JobRunFilter,
): Promise<FoundJobs | null> {
  const search = filter.search?.toLowerCase() ?? null;
  const jobTypes = filter.jobTypes ?? null;
  const tags = filter.tags?.map((tag) => `tag:${tag}`) ?? null;
  const pipelineNames = filter.pipelineNames ?? null;
  const isByJob = jobTypes !== null || tags !== null || pipelineNames !== null;
  if (search === null && !isByJob) return null;
  const rows = await sql.prepared<Row>(
    `select jobs.id, jobs.last_run_number as runs,
            (select sum(last_run_number) from jobs where workspace_id = $1)::float8 as "totalRuns",
            strpos(lower(jobs.job_ref), $3) > 0 or coalesce(strpos(lower(job_versions.display_name), $3), 0) > 0 as "isNamed",
            exists (select 1 from job_pipelines where job_pipelines.workspace_id = jobs.workspace_id
                     and job_pipelines.job_id = jobs.id and strpos(lower(job_pipelines.pipeline_name), $3) > 0) as "hasPipeline"
       from jobs join job_versions on job_versions.id = jobs.current_version_id
      where jobs.workspace_id = $1 and ($2::text[] is null or jobs.job_type = any($2)) and ($4::text[] is null or jobs.triggers && $4)
        and ($5::text[] is null or exists (select 1 from job_pipelines where job_pipelines.workspace_id = jobs.workspace_id
                                            and job_pipelines.job_id = jobs.id and job_pipelines.pipeline_name = any($5)))`,
    [workspaceId, jobTypes, search ?? '', tags, pipelineNames],
  );
  const whole = rows.filter((row) => row.isNamed);
  const byPipeline = rows.filter((row) => !row.isNamed && row.hasPipeline);
  return {
    whole: whole.map((row) => row.id),
    byPipeline: byPipeline.map((row) => row.id),
    typed: isByJob ? rows.map((row) => row.id) : null,
    number: search === null ? null : readNumber(search),
    runs: [...whole, ...byPipeline].map((row) => row.runs),
    totalRuns: rows[0]?.totalRuns ?? 0,
  };
}

export function hasJobs(jobs: FoundJobs): boolean {
  return jobs.whole.length + jobs.byPipeline.length > 0;
}

/** A run's number in the form in which it is shown; anything else is none. */
function readNumber(search: string): number | null {
  return /^[1-9]\d*$/.test(search) && Number(search) <= largestNumber ? Number(search) : null;
}

/** A walk reads ahead in the order of the table, a spread jumps to each job. */
const costOfJump = 20;
const alwaysCheap = 3000;

/**
 * Whether the newest runs of each job are fewer to read than the runs among which a page of them lies. The second supposes that runs
 * of all jobs are mixed in time; where they are not, a walk can pass a long history, so few jobs are always spread over.
 */
export function isSpreadCheaper(jobs: FoundJobs, range: RowRange): boolean {
  const wanted = range.limit + range.offset + 1;
  const spreadRows = jobs.runs.reduce((sum, runs) => sum + Math.min(wanted, runs), 0);
  if (spreadRows <= alwaysCheap) return true;
  const ownRuns = jobs.runs.reduce((sum, runs) => sum + runs, 0);
  const walkedRows = (wanted * jobs.totalRuns) / Math.max(1, ownRuns);
  return spreadRows < walkedRows * costOfJump;
}
