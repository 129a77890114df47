import type { JobRunFilter } from './job-run-filter.ts';
import type { Queryable } from '../pool.ts';
import type { RowRange } from '../statements/keyset.ts';
import { isDeployedJob } from '../jobs/deployed-jobs.ts';
import { named } from '../statements/named.ts';

/** The jobs whose runs match a search or a job filter. */
export interface FoundJobs {
  /** Jobs with all their runs in the list. */
  whole: string[];
  /** Jobs of which only runs match that ran a pipeline whose name contains the searched text. */
  byPipeline: string[];
  /**
   * Jobs with the requested types and tags that have run the requested pipelines; null without such a filter.
   */
  typed: string[] | null;
  /** Runs with this number match whatever their job; null if the search is not a number. */
  number: number | null;
  /** Estimated number of runs for each of these jobs. */
  runs: number[];
  /** Estimated number of runs of the workspace. */
  totalRuns: number;
}

interface Row {
  id: string;
  runs: number;
  totalRuns: number;
  isNamed: boolean;
  hasPipeline: boolean;
}

const maxNumber = 2 ** 31 - 1;

/** Finds the matching jobs; null if the filter has no job conditions. */
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
    named(
      `select jobs.id, jobs.last_run_number as runs,
              (select sum(last_run_number) from jobs where workspace_id = :workspaceId)::float8 as "totalRuns",
              strpos(lower(jobs.job_ref), :search) > 0 or coalesce(strpos(lower(job_versions.display_name), :search), 0) > 0 as "isNamed",
              exists (select 1 from job_pipelines where job_pipelines.workspace_id = jobs.workspace_id
                       and job_pipelines.job_id = jobs.id and strpos(lower(job_pipelines.pipeline_name), :search) > 0) as "hasPipeline"
         from jobs join job_versions on job_versions.id = jobs.current_version_id
        where jobs.workspace_id = :workspaceId and ${isDeployedJob} and (:jobTypes::text[] is null or jobs.job_type = any(:jobTypes))
          and (:tags::text[] is null or jobs.triggers && :tags)
          and (:pipelineNames::text[] is null or exists (select 1 from job_pipelines where job_pipelines.workspace_id = jobs.workspace_id
                                              and job_pipelines.job_id = jobs.id and job_pipelines.pipeline_name = any(:pipelineNames)))`,
      { workspaceId, jobTypes, search: search ?? '', tags, pipelineNames },
    ),
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

/** Parses a run number in its displayed form; null for anything else. */
function readNumber(search: string): number | null {
  return /^[1-9]\d*$/.test(search) && Number(search) <= maxNumber ? Number(search) : null;
}

/**
 * Cost of a jump to a job relative to reading the next row: an index scan reads ahead in the order of the
 * table.
 */
const costOfJump = 20;
const alwaysCheap = 3000;

/**
 * Reports whether reading the newest runs of each job costs less than scanning the runs of the workspace for
 * a page of them. The second estimate assumes that runs of all jobs are mixed in time; if they are not, a
 * scan can pass a long history, so few jobs are always read one by one.
 */
export function isSpreadCheaper(jobs: FoundJobs, range: RowRange): boolean {
  const wanted = range.limit + range.offset + 1;
  const spreadRows = jobs.runs.reduce((sum, runs) => sum + Math.min(wanted, runs), 0);
  if (spreadRows <= alwaysCheap) return true;
  const ownRuns = jobs.runs.reduce((sum, runs) => sum + runs, 0);
  const walkedRows = (wanted * jobs.totalRuns) / Math.max(1, ownRuns);
  return spreadRows < walkedRows * costOfJump;
}
