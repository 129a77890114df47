import type {
  DailySums,
  DatasetFreshnessRow,
  DatasetDailySeriesResponse,
  DatasetStatsResponse,
  PipelineFreshness,
  PipelineStatsResponse,
  SchemaVersionChangesResponse,
} from '@pumphouse/contract';
import { sortRows, timeOf, type SortValues } from '../../search/sorting.ts';

/** A dataset in the list, joined from several responses. */
export interface DatasetRow {
  name: string;
  /** All-time stats, including the last run. */
  all: DatasetStatsResponse;
  /** Stats of the time window; null if nothing was loaded in it. */
  stats: (DatasetStatsResponse & RunCounts) | null;
  /** Series of the time window. Also null if the dataset is not among the most active ones. */
  daily: DailySums | null;
  /** Pipelines that have loaded into it, by name. */
  pipelines: readonly string[];
  freshness: PipelineFreshness | null;
  lastChange: SchemaVersionChangesResponse | null;
}

type RunCounts = Pick<
  PipelineStatsResponse,
  'success_ratio' | 'succeeded_pipeline_run_count' | 'total_pipeline_run_count'
>;

/** How many runs of a pipeline succeeded. */
export type PipelineRuns = RunCounts & Pick<PipelineStatsResponse, 'pipeline_name'>;

export interface DatasetData {
  all: readonly DatasetStatsResponse[];
  stats: readonly DatasetStatsResponse[] | undefined;
  /** Stats of all pipelines in the time window. */
  pipelineStats: readonly PipelineRuns[] | undefined;
  series: DatasetDailySeriesResponse['datasets'] | undefined;
  freshness: readonly DatasetFreshnessRow[] | undefined;
  /** Newest first. */
  changes: readonly SchemaVersionChangesResponse[] | undefined;
}

export function joinDatasets({
  all,
  stats,
  pipelineStats,
  series,
  freshness,
  changes,
}: DatasetData): DatasetRow[] {
  const runsOf = new Map(pipelineStats?.map((each) => [each.pipeline_name, each]));
  const statsOf = new Map(stats?.map((each) => [each.dataset_name, each]));
  const dailyOf = new Map(series?.map((each) => [each.dataset_name, each.daily]));
  const freshnessOf = new Map(freshness?.map((each) => [each.dataset_name, each]));
  const changesOf = Map.groupBy(changes ?? [], (each) => each.dataset_name ?? '');
  return all.map((each) => {
    const name = each.dataset_name;
    const { freshness: ownFreshness = null, pipeline_names: writers = [] } = freshnessOf.get(name) ?? {};
    const own = statsOf.get(name) ?? null;
    const runs = writers.flatMap((writer) => runsOf.get(writer) ?? []);
    return {
      name,
      all: each,
      stats: own && { ...own, ...(runs.length > 0 && countRuns(runs)) },
      daily: dailyOf.get(name) ?? null,
      pipelines: writers.toSorted(),
      freshness: ownFreshness,
      lastChange: changesOf.get(name)?.[0] ?? null,
    };
  });
}

/**
 * Counts the runs of the pipelines that write to a dataset. A run that failed before it loaded names no dataset,
 * so the dataset's own counts miss it.
 */
function countRuns(pipelines: readonly RunCounts[]): RunCounts {
  const total = pipelines.reduce((sum, each) => sum + each.total_pipeline_run_count, 0);
  const succeeded = pipelines.reduce((sum, each) => sum + each.succeeded_pipeline_run_count, 0);
  return {
    success_ratio: total === 0 ? 0 : succeeded / total,
    succeeded_pipeline_run_count: succeeded,
    total_pipeline_run_count: total,
  };
}

/** @param q part of the name of the dataset, its destination or a pipeline that writes it */
export function filterDatasets(rows: readonly DatasetRow[], q: string | undefined): DatasetRow[] {
  const query = q?.toLowerCase() ?? '';
  return rows.filter(({ name, all, pipelines }) =>
    [name, all.latest_destination_name, ...pipelines].some((each) => each?.toLowerCase().includes(query)),
  );
}

const sortValues: SortValues<DatasetRow> = {
  name: (row) => row.name,
  last_run: (row) => timeOf(row.all.latest_pipeline_run_at),
  tables: (row) => row.all.table_count,
  rows: (row) => row.stats?.total_rows_loaded,
  bytes: (row) => row.stats?.total_bytes_loaded,
  success: (row) => row.stats?.success_ratio,
  schema: (row) => timeOf(row.lastChange?.created_at),
};

/** By name unless sorted. */
export function sortDatasets(rows: readonly DatasetRow[], sort: string | undefined): DatasetRow[] {
  return sortRows(rows, sort, sortValues);
}
