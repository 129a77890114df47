import type {
  DailySums,
  DatasetStatistics,
  PipelineStatistics,
} from '../../services/pipelines/read-statistics.ts';
import type { DailySums as DailySumsResponse } from '@pumphouse/contract';
import type { DatasetStats, PipelineStats } from '../../telemetry/serializers.ts';
import type { StatisticsRecord } from '../../store/records.ts';
import type { ZoneDay } from '../../domain/pipelines/statistics-window.ts';
import { averageDurationMs } from '../../services/pipelines/read-statistics.ts';
import { toInstant } from '../serializers/instants.ts';

/** Converts statistics to the type `telemetry/serializers.ts` takes. */
export function toStoredPipelineStats(row: PipelineStatistics): PipelineStats {
  return {
    ...toCounts(row),
    pipelineName: row.name,
    totalRowsExtracted: row.rowsExtracted,
    totalDurationMs: row.durationMs,
    latestDatasetName: row.latestDatasetName,
    latestSourceNames: row.latestSourceNames,
  };
}

export function toStoredDatasetStats(row: DatasetStatistics): DatasetStats {
  return {
    ...toCounts(row),
    datasetName: row.name,
    distinctPipelineCount: row.distinctPipelineCount,
    schemaMigrationCount: row.schemaMigrationCount,
    tableCount: row.tableCount,
    latestPipelineName: row.latestPipelineName,
    latestPipelineRunId: row.latestRunId,
  };
}

function toCounts(row: StatisticsRecord) {
  return {
    totalPipelineRunCount: row.runCount,
    succeededPipelineRunCount: row.succeededCount,
    totalRowsLoaded: row.rowsLoaded,
    totalBytesLoaded: row.bytesLoaded,
    averageDurationMs: averageDurationMs(row),
    latestStatus: row.latestStatus,
    latestPipelineRunAt: toInstant(row.latestRunAt),
    latestDestinationName: row.latestDestinationName,
  };
}

export function toSeriesDay({ date, startMs, endMs }: ZoneDay) {
  return { date, start: toInstant(new Date(startMs)), end: toInstant(new Date(endMs)) };
}

export function toDailySums(sums: DailySums): DailySumsResponse {
  const averages = sums.succeededDurationMs.map((succeededDurationMs, day) =>
    averageDurationMs({ succeededDurationMs, succeededTimedCount: sums.succeededTimedCount[day] ?? 0 }),
  );
  return {
    average_duration_ms: averages.map((average) => (average === null ? null : Math.round(average))),
    schema_migration_count: sums.schemaMigrationCount,
    succeeded_pipeline_run_count: sums.succeededCount,
    total_bytes_loaded: sums.bytesLoaded,
    total_duration_ms: sums.durationMs,
    total_pipeline_run_count: sums.runCount,
    total_rows_extracted: sums.rowsExtracted,
    total_rows_loaded: sums.rowsLoaded,
  };
}
