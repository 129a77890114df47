import type { JobRunFilter } from './job-run-filter.ts';
import type { Conditions } from '../statements/conditions.ts';
import type { FoundJobs } from './job-run-search.ts';
import type { ListOrder, RowList, RowPage, RowRange, SortColumn } from '../statements/keyset.ts';
import type { Queryable } from '../pool.ts';
import {
  behind,
  branch,
  countRows,
  gather,
  lateral,
  orderOf,
  readRange,
  spreadOver,
  walk,
  walkNullable,
} from '../statements/keyset.ts';
import { createConditions } from '../statements/conditions.ts';
import { manifestBuildJobRef } from '../../../domain/jobs/manifest-build.ts';
import { waitsFor } from './waits-for.ts';
import { isUnknown } from '../attempts/unknown-runs.ts';
import { findJobs, hasJobs, isSpreadCheaper } from './job-run-search.ts';
import { named } from '../statements/named.ts';

export type JobRunSortKey = 'created_at' | 'duration_seconds' | 'finished_at' | 'number' | 'started_at';

/** The job of the built-in dashboard; its runs are hidden unless requested. */
const systemJobRef = 'jobs.workspace.dashboard';

/** Jobs of the server itself; their runs are hidden unless the filter names the job. */
const internalJobRefs = [manifestBuildJobRef];

const duration = '(extract(epoch from job_runs.finished_at - job_runs.started_at))';

const createdAt: SortColumn = { sql: 'job_runs.created_at', type: 'timestamptz', isNullable: false };
const sortable: Record<JobRunSortKey, SortColumn> = {
  created_at: createdAt,
  duration_seconds: { sql: duration, type: 'numeric', isNullable: true },
  finished_at: { sql: 'job_runs.finished_at', type: 'timestamptz', isNullable: true },
  number: { sql: 'job_runs.number', type: 'bigint', isNullable: false },
  started_at: { sql: 'job_runs.started_at', type: 'timestamptz', isNullable: true },
};

/** Columns with an index that continues with the creation time. */
const indexed = [
  { column: 'job_runs.triggered_by', type: 'uuid', of: (filter: JobRunFilter) => filter.triggeredBy },
  { column: 'job_runs.trigger', type: 'text', of: (filter: JobRunFilter) => filter.triggers },
  { column: 'job_runs.profile', type: 'text', of: (filter: JobRunFilter) => filter.profiles },
  { column: 'job_runs.status', type: 'text', of: (filter: JobRunFilter) => filter.statuses },
  { column: 'job_runs.trigger_kind', type: 'text', of: (filter: JobRunFilter) => filter.triggerKinds },
] as const;

const from = 'job_runs';

/** Data that is loaded for a filter before the runs are read. */
interface Scope {
  workspaceId: string;
  filter: JobRunFilter;
  /** The jobs whose runs are hidden, if the workspace has any. */
  hiddenJobIds: string[] | null;
  /** The jobs that match a search or job filter; null without either. */
  jobs: FoundJobs | null;
}

/**
 * Lists the filtered runs of a workspace, newest first unless sorted. Job conditions are resolved to job ids
 * first; then the list is read by one index scan in its order, or gathered from a few places of an index.
 */
export async function listJobRuns<Run extends object>(
  sql: Queryable,
  columns: string,
  workspaceId: string,
  filter: JobRunFilter,
): Promise<RowList<Run, JobRunSortKey>> {
  const scope = await readScope(sql, workspaceId, filter);
  const isEmpty = isEmptyScope(scope);
  return {
    read: async (range) => (isEmpty ? { rows: [], next: null } : readRuns<Run>(sql, columns, scope, range)),
    count: (atMost) =>
      isEmpty
        ? Promise.resolve(0)
        : countRows(sql, { from, where: runConditions(scope) }, atMost, { isPrepared: isSimple(scope) }),
  };
}

/** Returns the conditions of the filtered runs of a workspace; null if no run can match. */
export async function findRunConditions(
  sql: Queryable,
  workspaceId: string,
  filter: JobRunFilter,
): Promise<Conditions | null> {
  const scope = await readScope(sql, workspaceId, filter);
  return isEmptyScope(scope) ? null : runConditions(scope);
}

async function readScope(sql: Queryable, workspaceId: string, filter: JobRunFilter): Promise<Scope> {
  const [hiddenJobIds, jobs] = await Promise.all([
    findHiddenJobs(sql, workspaceId, filter),
    findJobs(sql, workspaceId, filter),
  ]);
  return { workspaceId, filter, hiddenJobIds, jobs };
}

const isEmptyScope = ({ jobs }: Scope) => jobs !== null && !hasJobs(jobs) && jobs.number === null;

async function findHiddenJobs(
  sql: Queryable,
  workspaceId: string,
  filter: JobRunFilter,
): Promise<string[] | null> {
  const refs = [
    ...(filter.jobId == null ? internalJobRefs : []),
    ...(filter.includeSystemJobs ? [] : [systemJobRef]),
  ];
  if (refs.length === 0) return null;
  const rows = await sql.prepared<{ id: string }>(
    named('select id from jobs where workspace_id = :workspaceId and job_ref = any(:refs)', {
      workspaceId,
      refs,
    }),
  );
  return rows.length === 0 ? null : rows.map(({ id }) => id);
}

function readRuns<Run extends object>(
  sql: Queryable,
  columns: string,
  scope: Scope,
  range: RowRange<JobRunSortKey>,
): Promise<RowPage<Run>> {
  const order = orderOf(sortable, range.sorting, { newest: createdAt, id: 'job_runs.id' });
  const isByAge = order.length === 2 && order[0]?.sql === createdAt.sql;
  const isPrepared = isByAge && range.offset === 0 && isSimple(scope);
  const read = (text: string, where: Conditions) => readRange<Run>(sql, { text, where, isPrepared }, range);

  const spread = isByAge ? spreadRuns(scope, order, range) : null;
  if (spread) return read(gather({ columns, from }, order, range, spread.branches), spread.where);
  const where = runConditions(scope);
  const isNullable = order.length === 2 && order[0]?.isNullable === true;
  return read((isNullable ? walkNullable : walk)({ columns, from, where }, order, range), where);
}

/**
 * Reports whether at most one condition restricts the list: then one index suffices, and the plan does not
 * depend on the values.
 */
function isSimple({ filter, jobs }: Scope): boolean {
  const given = [
    ...indexed.map(({ of }) => of(filter)),
    filter.jobId,
    filter.number,
    filter.previousJobRunId,
    filter.backfillId,
    filter.start ?? filter.end,
    jobs,
  ];
  // The number of runs above a duration, or with a version, cannot be estimated without the value.
  const needsValue = [
    filter.minDurationSeconds,
    filter.maxDurationSeconds,
    filter.deploymentId,
    filter.configurationId,
  ].some((value) => value != null);
  return !needsValue && given.filter((value) => value != null).length <= 1;
}

/**
 * Returns branches if the runs of a list are in a few places of an index, each sorted like the list;
 * otherwise null.
 */
function spreadRuns(
  scope: Scope,
  order: ListOrder,
  range: RowRange,
): { branches: string[]; where: Conditions } | null {
  if (scope.jobs && isSpreadCheaper(scope.jobs, range))
    return spreadOverJobs(scope, scope.jobs, order, range);
  const several = indexed.find(({ of }) => (of(scope.filter)?.length ?? 0) > 1);
  if (!several || !isSimple(scope)) return null;
  const where = runConditions(scope, several.column);
  const values = where.bind([...new Set(several.of(scope.filter))]);
  const condition = `${where.sql()} and ${behind(order, range.after, where)}`;
  return { branches: [spreadOver(from, { ...several, values }, condition, order, range)], where };
}

function spreadOverJobs(scope: Scope, jobs: FoundJobs, order: ListOrder, range: RowRange) {
  const where = runConditions({ ...scope, jobs: null });
  const ids = [...jobs.whole, ...jobs.byPipeline];
  const search = where.bind(scope.filter.search?.toLowerCase() ?? '');
  const needsPipeline = where.bind(ids.map((_, index) => index >= jobs.whole.length));
  const asked = `unnest(${where.bind(ids)}::uuid[], ${needsPipeline}::boolean[]) as asked (job_id, needs_pipeline)`;
  const start = behind(order, range.after, where);
  const condition = `${where.sql()} and job_runs.job_id = asked.job_id
    and (not asked.needs_pipeline or ${ranPipeline(search)}) and ${start}`;
  const branches = [lateral(asked, branch(from, condition, order, range))];
  if (jobs.number !== null) {
    const isTyped = jobs.typed ? `job_runs.job_id = any(${where.bind(jobs.typed)}::uuid[])` : 'true';
    const number = where.bind(jobs.number);
    branches.push(
      branch(
        from,
        `${where.sql()} and job_runs.number = ${number}::int and ${isTyped} and ${start}`,
        order,
        range,
      ),
    );
  }
  return { branches, where };
}

/**
 * A scalar subquery instead of `exists`: for the latter Postgres would read the pipeline runs of all time
 * once rather than those of some hundred runs.
 */
const ranPipeline = (search: string) => `(select true from pipeline_runs
  where pipeline_runs.job_run_id = job_runs.id and strpos(lower(pipeline_runs.pipeline_name), ${search}::text) > 0 limit 1)`;

const ranOneOf = (names: string) => `(select true from pipeline_runs
  where pipeline_runs.job_run_id = job_runs.id and pipeline_runs.pipeline_name = any(${names}::text[]) limit 1)`;

/** @param without a column of `indexed` whose condition is omitted */
function runConditions({ workspaceId, filter, hiddenJobIds, jobs }: Scope, without = ''): Conditions {
  const where = createConditions();
  addScope(where, workspaceId, filter.jobId);
  where.add('job_runs.number = ?::bigint', filter.number);
  where.add('job_runs.previous_job_run_id = ?', filter.previousJobRunId);
  where.add('job_runs.backfill_id = ?', filter.backfillId);
  where.add('job_runs.deployment_id = ?', filter.deploymentId);
  where.add('job_runs.configuration_id = ?', filter.configurationId);
  for (const { column, type, of } of indexed) {
    if (column !== without) where.addOneOf(column, of(filter), type);
  }
  where.add('job_runs.created_at >= ?', filter.start);
  where.add('job_runs.created_at < ?', filter.end);
  where.add(`${duration} >= ?::numeric`, filter.minDurationSeconds);
  where.add(`${duration} <= ?::numeric`, filter.maxDurationSeconds);
  where.add('job_runs.job_id <> all(?::uuid[])', hiddenJobIds);
  where.add(waitsFor('?'), filter.waitingFor);
  if (filter.onlyUnknown) where.require(isUnknown);
  if (filter.leaveOutSkipped) where.require(`job_runs.status <> 'skipped'`);
  if (filter.pipelineNames) where.require(ranOneOf(where.bind(filter.pipelineNames)));
  if (jobs) addJobs(where, jobs, filter);
  return where;
}

/**
 * Runs of one job are counted from an index with the job but without the workspace, so the workspace is
 * checked once on the job.
 */
function addScope(where: Conditions, workspaceId: string, jobId: string | null | undefined): void {
  if (jobId == null) {
    where.add('job_runs.workspace_id = ?', workspaceId);
    return;
  }
  const [job, workspace] = [where.bind(jobId), where.bind(workspaceId)];
  where.require(`job_runs.job_id = (select id from jobs where id = ${job} and workspace_id = ${workspace})`);
}

function addJobs(where: Conditions, jobs: FoundJobs, filter: JobRunFilter): void {
  if (jobs.typed) where.add('job_runs.job_id = any(?::uuid[])', jobs.typed);
  if (filter.search == null) return;
  const search = where.bind(filter.search.toLowerCase());
  const found = [
    `job_runs.job_id = any(${where.bind(jobs.whole)}::uuid[])`,
    `job_runs.job_id = any(${where.bind(jobs.byPipeline)}::uuid[]) and ${ranPipeline(search)}`,
  ];
  if (jobs.number !== null) found.push(`job_runs.number = ${where.bind(jobs.number)}::int`);
  where.require(found.join(' or '));
}
