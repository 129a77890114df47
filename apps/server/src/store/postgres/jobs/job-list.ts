import type { Conditions } from '../statements/conditions.ts';
import type { Queryable } from '../pool.ts';
import type { RowList, SortColumn } from '../statements/keyset.ts';
import { countRows, orderOf, readRange, walk } from '../statements/keyset.ts';
import { createConditions } from '../statements/conditions.ts';
import { isDeployedJob } from './deployed-jobs.ts';
import { lastRunOfJob, statusesOfJob } from './job-state.ts';

export interface JobFilter {
  ref?: string | null;
  isArchived?: boolean | null;
  isPaused?: boolean | null;
  isStarred?: boolean | null;
  jobTypes?: readonly string[] | null;
  /** Part of the display name or the ref, case-insensitive. */
  search?: string | null;
  profiles?: readonly string[] | null;
  pipelineNames?: readonly string[] | null;
  /** Any of the statuses by which a job is found. */
  statuses?: readonly string[] | null;
  triggerKinds?: readonly string[] | null;
  /** Whether any trigger starts the job automatically. */
  isSelfFiring?: boolean | null;
  categories?: readonly string[] | null;
  excludedCategories?: readonly string[] | null;
  tags?: readonly string[] | null;
  /** Jobs with a run that was created at or after this time, and before `end`; both apply to the same run. */
  start?: Date | null;
  end?: Date | null;
}

export type JobSortKey =
  | 'created_at'
  | 'last_run_at'
  | 'last_run_ended_at'
  | 'name'
  | 'next_scheduled_run_at'
  | 'next_start_at'
  | 'starred';

const selfFiringKinds = ['schedule', 'every', 'once', 'webhook', 'http', 'job.success', 'job.fail'];

const displayName = `coalesce(job_versions.display_name, jobs.job_ref)`;
/** Declared by `expose.starred`. */
export const isStarredJob = `coalesce(job_versions.definition->'expose'->>'starred', '') = 'true'`;
/** The next tick of a job, null without one. A paused job has one too, because its schedule advances. */
export const nextTickOfJob =
  '(select min(schedules.next_tick_at) from schedules where schedules.job_id = jobs.id)';
const hasKind = `exists (select 1 from unnest(jobs.triggers) as declared where split_part(declared, ':', 1) = any(?))`;

const createdAt: SortColumn = { sql: 'jobs.created_at', type: 'timestamptz', isNullable: false };
const sortable: Record<JobSortKey, SortColumn> = {
  created_at: createdAt,
  starred: { sql: `(${isStarredJob})::int`, type: 'bigint', isNullable: false },
  last_run_at: { sql: lastRunOfJob('created_at'), type: 'timestamptz', isNullable: true },
  last_run_ended_at: { sql: lastRunOfJob('finished_at'), type: 'timestamptz', isNullable: true },
  name: { sql: `lower(${displayName})`, type: 'text', isNullable: false },
  next_scheduled_run_at: { sql: nextTickOfJob, type: 'timestamptz', isNullable: true },
  // A paused job starts nothing, although its schedule advances.
  next_start_at: {
    sql: `(case when not jobs.is_paused then ${nextTickOfJob} end)`,
    type: 'timestamptz',
    isNullable: true,
  },
};

const from = 'jobs join job_versions on job_versions.id = jobs.current_version_id';

/** Lists the filtered jobs of a workspace, newest first unless sorted. They are few, so each is scanned. */
export function listJobs<Job extends object>(
  sql: Queryable,
  columns: string,
  workspaceId: string,
  filter: JobFilter,
): RowList<Job, JobSortKey> {
  return {
    async read(range) {
      const where = jobConditions(workspaceId, filter);
      const order = orderOf(sortable, range.sorting, { newest: createdAt, id: 'jobs.id' });
      const text = walk({ columns, from, where }, order, range);
      return readRange<Job>(sql, { text, where, isPrepared: range.offset === 0 }, range);
    },
    count: (atMost) =>
      countRows(sql, { from, where: jobConditions(workspaceId, filter) }, atMost, { isPrepared: true }),
  };
}

function jobConditions(workspaceId: string, filter: JobFilter): Conditions {
  const where = createConditions();
  where.add('jobs.workspace_id = ?', workspaceId);
  where.require(isDeployedJob);
  where.add('jobs.job_ref = ?', filter.ref);
  where.add('jobs.is_archived = ?', filter.isArchived);
  where.add('jobs.is_paused = ?', filter.isPaused);
  where.add(`(${isStarredJob}) = ?`, filter.isStarred);
  where.addOneOf('jobs.job_type', filter.jobTypes);
  where.add(
    `strpos(lower(${displayName}), ?) > 0 or strpos(lower(jobs.job_ref), ?) > 0`,
    filter.search?.toLowerCase(),
  );
  where.addOneOf('jobs.profile', filter.profiles);
  where.add('jobs.triggers && ?', prefixed('pipeline_name', filter.pipelineNames));
  where.add('jobs.triggers && ?', prefixed('tag', filter.tags));
  where.add(`${statusesOfJob} && ?`, filter.statuses);
  where.add(hasKind, filter.triggerKinds);
  if (filter.isSelfFiring === true) where.add(hasKind, selfFiringKinds);
  if (filter.isSelfFiring === false) where.add(`not ${hasKind}`, selfFiringKinds);
  where.addOneOf('job_versions.category', filter.categories);
  where.add(`coalesce(job_versions.category, '') <> all(?)`, filter.excludedCategories);
  addWindow(where, filter);
  return where;
}

function addWindow(where: Conditions, { start, end }: JobFilter): void {
  if (!start && !end) return;
  const bounds = [
    start ? `job_runs.created_at >= ${where.bind(start)}` : 'true',
    end ? `job_runs.created_at < ${where.bind(end)}` : 'true',
  ];
  where.require(
    `exists (select 1 from job_runs where job_runs.job_id = jobs.id and ${bounds.join(' and ')})`,
  );
}

function prefixed(kind: string, names: readonly string[] | null | undefined): string[] | undefined {
  return names?.map((name) => `${kind}:${name}`);
}
