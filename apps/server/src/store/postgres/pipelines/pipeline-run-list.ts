import type { Conditions } from '../statements/conditions.ts';
import type { ListOrder, RowList, RowPage, RowRange, SortColumn } from '../statements/keyset.ts';
import type { Queryable } from '../pool.ts';
import {
  behind,
  countRows,
  gather,
  orderOf,
  readRange,
  spreadOver,
  walk,
  walkNullable,
} from '../statements/keyset.ts';
import { columns } from '../statements/columns.ts';
import { createConditions } from '../statements/conditions.ts';
import { named } from '../statements/named.ts';

export interface PipelineRunFilter {
  /** Part of the pipeline's or the dataset's name, case-insensitive. */
  search?: string | null;
  jobRunIds?: readonly string[] | null;
  pipelineNames?: readonly string[] | null;
  statuses?: readonly string[] | null;
  datasetNames?: readonly string[] | null;
  destinationNames?: readonly string[] | null;
  isEmptyRun?: boolean | null;
  start?: Date | null;
  end?: Date | null;
}

export type PipelineRunSortKey =
  'duration_ms' | 'finished_at' | 'started_at' | 'total_bytes_loaded' | 'total_rows_loaded';

/** A pipeline run without its details: everything that a list shows. */
export interface PipelineRunHeadRecord {
  id: string;
  jobRunId: string;
  transactionId: string;
  pipelineName: string;
  status: 'succeeded' | 'failed';
  startedAt: Date | null;
  finishedAt: Date | null;
  durationMs: number | null;
  destinationName: string | null;
  datasetName: string | null;
  totalRowsExtracted: number;
  totalRowsLoaded: number;
  totalBytesLoaded: number;
  errorStep: string | null;
  errorMessage: string | null;
  hasSchemaMigration: boolean;
  dltVersion: string | null;
  createdAt: Date;
  updatedAt: Date;
}

export const pipelineRunHeadColumns = columns('pipeline_runs', [
  'id',
  'job_run_id',
  'transaction_id',
  'pipeline_name',
  'status',
  'started_at',
  'finished_at',
  'duration_ms',
  'destination_name',
  'dataset_name',
  'total_rows_extracted',
  'total_rows_loaded',
  'total_bytes_loaded',
  'error_step',
  'error_message',
  'has_schema_migration',
  'dlt_version',
  'created_at',
  'updated_at',
]);

const createdAt: SortColumn = { sql: 'pipeline_runs.created_at', type: 'timestamptz', isNullable: false };
const sortable: Record<PipelineRunSortKey, SortColumn> = {
  duration_ms: { sql: 'pipeline_runs.duration_ms', type: 'double precision', isNullable: true },
  finished_at: { sql: 'pipeline_runs.finished_at', type: 'timestamptz', isNullable: true },
  started_at: { sql: 'pipeline_runs.started_at', type: 'timestamptz', isNullable: true },
  total_bytes_loaded: { sql: 'pipeline_runs.total_bytes_loaded', type: 'bigint', isNullable: false },
  total_rows_loaded: { sql: 'pipeline_runs.total_rows_loaded', type: 'bigint', isNullable: false },
};

/** Columns with an index that continues with the creation time. */
const indexed = [
  { column: 'pipeline_runs.pipeline_name', of: (filter: PipelineRunFilter) => filter.pipelineNames },
  { column: 'pipeline_runs.dataset_name', of: (filter: PipelineRunFilter) => filter.datasetNames },
  { column: 'pipeline_runs.destination_name', of: (filter: PipelineRunFilter) => filter.destinationNames },
  { column: 'pipeline_runs.status', of: (filter: PipelineRunFilter) => filter.statuses },
] as const;

const from = 'pipeline_runs';

/** The names that match a search. */
interface FoundNames {
  pipelines: string[];
  datasets: string[];
}

interface Scope {
  workspaceId: string;
  filter: PipelineRunFilter;
  /** Null without a search. */
  names: FoundNames | null;
}

/** Lists the filtered pipeline runs of a workspace, newest first unless sorted. */
export async function listPipelineRuns(
  sql: Queryable,
  workspaceId: string,
  filter: PipelineRunFilter,
): Promise<RowList<PipelineRunHeadRecord, PipelineRunSortKey>> {
  const scope: Scope = { workspaceId, filter, names: await findNames(sql, workspaceId, filter.search) };
  return {
    read: async (range) => readRuns(sql, scope, range),
    count: (atMost) =>
      countRows(sql, { from, where: runConditions(scope) }, atMost, { isPrepared: isSimple(scope) }),
  };
}

async function findNames(
  sql: Queryable,
  workspaceId: string,
  search: string | null | undefined,
): Promise<FoundNames | null> {
  if (search == null) return null;
  const rows = await sql.prepared<{ pipeline: string | null; dataset: string | null }>(
    named(
      `select distinct case when strpos(lower(pipeline_name), :search) > 0 then pipeline_name end as pipeline,
              case when strpos(lower(dataset_name), :search) > 0 then nullif(dataset_name, '') end as dataset
         from job_pipelines where workspace_id = :workspaceId`,
      { workspaceId, search: search.toLowerCase() },
    ),
  );
  const distinct = (names: (string | null)[]) => [...new Set(names.filter((name) => name !== null))];
  return {
    pipelines: distinct(rows.map((row) => row.pipeline)),
    datasets: distinct(rows.map((row) => row.dataset)),
  };
}

function readRuns(
  sql: Queryable,
  scope: Scope,
  range: RowRange<PipelineRunSortKey>,
): Promise<RowPage<PipelineRunHeadRecord>> {
  const order = orderOf(sortable, range.sorting, { newest: createdAt, id: 'pipeline_runs.id' });
  const isByAge = order.length === 2 && order[0]?.sql === createdAt.sql;
  const isPrepared = isByAge && range.offset === 0 && isSimple(scope);
  const read = (text: string, where: Conditions) =>
    readRange<PipelineRunHeadRecord>(sql, { text, where, isPrepared }, range);

  const columns = pipelineRunHeadColumns;
  const spread = isByAge && isSimple(scope) ? spreadRuns(scope, order, range) : null;
  if (spread) return read(gather({ columns, from }, order, range, spread.branches), spread.where);
  const where = runConditions(scope);
  const isNullable = order.length === 2 && order[0]?.isNullable === true;
  return read((isNullable ? walkNullable : walk)({ columns, from, where }, order, range), where);
}

/**
 * Reports whether at most one condition restricts the list: then one index suffices, and the plan does not
 * depend on the values.
 */
function isSimple({ filter, names }: Scope): boolean {
  const given = [
    ...indexed.map(({ of }) => of(filter)),
    filter.jobRunIds,
    filter.isEmptyRun,
    filter.start ?? filter.end,
    names,
  ];
  return given.filter((value) => value != null).length <= 1;
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
  const { filter, names } = scope;
  const several = indexed.find(({ of }) => (of(filter)?.length ?? 0) > 1);
  const placeholders = names
    ? [
        { column: 'pipeline_runs.pipeline_name', values: names.pipelines },
        { column: 'pipeline_runs.dataset_name', values: names.datasets },
      ]
    : several && [{ column: several.column, values: [...new Set(several.of(filter))] }];
  if (!placeholders) return null;
  const where = runConditions({ ...scope, names: null }, several?.column);
  const start = behind(order, range.after, where);
  const branches = placeholders.map(({ column, values }) =>
    spreadOver(
      from,
      { column, type: 'text', values: where.bind(values) },
      `${where.sql()} and ${start}`,
      order,
      range,
    ),
  );
  return { branches, where };
}

/** @param without a column of `indexed` whose condition is omitted */
function runConditions({ workspaceId, filter, names }: Scope, without = ''): Conditions {
  const where = createConditions();
  where.add('pipeline_runs.workspace_id = ?', workspaceId);
  where.addOneOf('pipeline_runs.job_run_id', filter.jobRunIds, 'uuid');
  for (const { column, of } of indexed) {
    if (column !== without) where.addOneOf(column, of(filter));
  }
  if (filter.isEmptyRun != null)
    where.require(`${filter.isEmptyRun ? '' : 'not '}pipeline_runs.is_empty_run`);
  where.add('pipeline_runs.created_at >= ?', filter.start);
  where.add('pipeline_runs.created_at < ?', filter.end);
  if (names) {
    const [pipelines, datasets] = [where.bind(names.pipelines), where.bind(names.datasets)];
    where.require(
      `pipeline_runs.pipeline_name = any(${pipelines}::text[]) or pipeline_runs.dataset_name = any(${datasets}::text[])`,
    );
  }
  return where;
}
