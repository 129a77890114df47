import type {
  DailySums,
  PipelineDailySeriesResponse,
  PipelineFreshnessRow,
  PipelineStatsResponse,
  SchemaVersionChangesResponse,
} from '@pumphouse/contract';
import { sortRows, timeOf, type SortValues } from '../../search/sorting.ts';
import { sumOf } from '../../charts/day-sums.ts';

/** A pipeline in the list, joined from several responses. */
export interface PipelineRow extends PipelineFreshnessRow {
  /** Stats of the time window; null if there were no runs. */
  stats: PipelineStatsResponse | null;
  /** Series of the time window. Also null if the pipeline is not among the most active ones. */
  daily: DailySums | null;
  /** Number of schema changes in the window; null without `daily`. */
  schemaChangeCount: number | null;
  /** The newest version of one of its schemas. */
  lastChange: SchemaVersionChangesResponse | null;
}

export interface PipelineData {
  freshness: readonly PipelineFreshnessRow[];
  stats: readonly PipelineStatsResponse[] | undefined;
  series: PipelineDailySeriesResponse['pipelines'] | undefined;
  /** Newest first. */
  changes: readonly SchemaVersionChangesResponse[] | undefined;
}

export function joinPipelines({ freshness, stats, series, changes }: PipelineData): PipelineRow[] {
  const statsOf = new Map(stats?.map((each) => [each.pipeline_name, each]));
  const dailyOf = new Map(series?.map((each) => [each.pipeline_name, each.daily]));
  const changesOf = Map.groupBy(changes ?? [], (each) => each.pipeline_name);
  return freshness.map((row) => {
    const daily = dailyOf.get(row.pipeline_name) ?? null;
    return {
      ...row,
      stats: statsOf.get(row.pipeline_name) ?? null,
      daily,
      schemaChangeCount: daily && sumOf(daily.schema_migration_count),
      lastChange: changesOf.get(row.pipeline_name)?.[0] ?? null,
    };
  });
}

export interface PipelineFilter {
  /** Part of the name of the pipeline, its dataset, its destination or the job that ran it last. */
  q?: string | undefined;
  /** States of the data. */
  status?: readonly string[] | undefined;
}

export function filterPipelines(rows: readonly PipelineRow[], { q, status }: PipelineFilter): PipelineRow[] {
  const query = q?.toLowerCase() ?? '';
  return rows.filter(
    (row) => matchesText(row, query) && (!status?.length || status.includes(row.freshness.state)),
  );
}

function matchesText(row: PipelineRow, query: string): boolean {
  const names = [row.pipeline_name, row.dataset_name, row.destination_name, row.last_run?.job_run.job_ref];
  return names.some((name) => name?.toLowerCase().includes(query));
}

const sortValues: SortValues<PipelineRow> = {
  name: (row) => row.pipeline_name,
  last_run: (row) => timeOf(row.last_run?.created_at),
  freshness: (row) => timeOf(row.freshness.last_success_at),
  success: (row) => row.stats?.success_ratio,
  rows: (row) => row.stats?.total_rows_loaded,
  duration: (row) => row.stats?.average_duration_ms,
  bytes: (row) => row.stats?.total_bytes_loaded,
  schema: (row) => timeOf(row.lastChange?.created_at),
};

/** Default order: failing pipelines, then stale ones, then the others by name. */
export function sortPipelines(rows: readonly PipelineRow[], sort: string | undefined): PipelineRow[] {
  return sortRows(rows, sort, sortValues, (left, right) => needOf(right) - needOf(left));
}

function needOf({ freshness }: PipelineRow): number {
  if (freshness.state === 'failing') return 2;
  return freshness.is_stale ? 1 : 0;
}
