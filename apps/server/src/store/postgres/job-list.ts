import type { Conditions, Sorting } from './conditions.ts';
import { createConditions, orderBy } from './conditions.ts';

export interface JobFilter {
  ref?: string | null;
  isArchived?: boolean | null;
  isPaused?: boolean | null;
  jobTypes?: readonly string[] | null;
  /** Part of the display name or the ref, in any case. */
  search?: string | null;
  profiles?: readonly string[] | null;
  pipelineNames?: readonly string[] | null;
  /** States of the newest run. */
  latestStatuses?: readonly string[] | null;
  triggerKinds?: readonly string[] | null;
  /** Whether a trigger starts the job without a person. */
  isSelfFiring?: boolean | null;
  categories?: readonly string[] | null;
  excludedCategories?: readonly string[] | null;
  tags?: readonly string[] | null;
}

export type JobSortKey =
  'created_at' | 'last_run_at' | 'last_run_ended_at' | 'name' | 'next_scheduled_run_at';

const selfFiringKinds = ['schedule', 'every', 'once', 'webhook', 'http', 'job.success', 'job.fail'];

const displayName = `coalesce(job_versions.definition->'expose'->>'display_name', jobs.job_ref)`;
const category = `job_versions.definition->'expose'->>'category'`;
const latestRun = (
  column: string,
) => `(select job_runs.${column} from job_runs where job_runs.job_id = jobs.id
  order by job_runs.created_at desc, job_runs.id desc limit 1)`;
const hasKind = `exists (select 1 from unnest(jobs.triggers) as declared where split_part(declared, ':', 1) = any(?))`;

const sortExpressions: Record<JobSortKey, string> = {
  created_at: 'jobs.created_at',
  last_run_at: latestRun('created_at'),
  last_run_ended_at: latestRun('finished_at'),
  name: `lower(${displayName})`,
  // No job has a next tick before there is a scheduler.
  next_scheduled_run_at: 'null::timestamptz',
};

/** The conditions of a filter over `jobs` joined with the current `job_versions`. */
export function jobConditions(workspaceId: string, filter: JobFilter): Conditions {
  const where = createConditions();
  where.add('jobs.workspace_id = ?', workspaceId);
  where.add('jobs.job_ref = ?', filter.ref);
  where.add('jobs.is_archived = ?', filter.isArchived);
  where.add('jobs.is_paused = ?', filter.isPaused);
  where.add('jobs.job_type = any(?)', filter.jobTypes);
  where.add(
    `strpos(lower(${displayName}), ?) > 0 or strpos(lower(jobs.job_ref), ?) > 0`,
    filter.search?.toLowerCase(),
  );
  where.add('jobs.profile = any(?)', filter.profiles);
  where.add('jobs.triggers && ?', prefixed('pipeline_name', filter.pipelineNames));
  where.add('jobs.triggers && ?', prefixed('tag', filter.tags));
  where.add(`${latestRun('status')} = any(?)`, filter.latestStatuses);
  where.add(hasKind, filter.triggerKinds);
  if (filter.isSelfFiring === true) where.add(hasKind, selfFiringKinds);
  if (filter.isSelfFiring === false) where.add(`not ${hasKind}`, selfFiringKinds);
  where.add(`${category} = any(?)`, filter.categories);
  where.add(`coalesce(${category}, '') <> all(?)`, filter.excludedCategories);
  return where;
}

export function orderJobs(sorting: Sorting<JobSortKey> | null | undefined): string {
  return orderBy(sortExpressions, sorting, 'jobs.created_at desc, jobs.id');
}

function prefixed(kind: string, names: readonly string[] | null | undefined): string[] | undefined {
  return names?.map((name) => `${kind}:${name}`);
}
