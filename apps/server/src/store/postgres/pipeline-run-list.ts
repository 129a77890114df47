import type { Conditions, Sorting } from './conditions.ts';
import { createConditions, orderBy } from './conditions.ts';
import { columns } from './columns.ts';

export interface PipelineRunFilter {
  /** Part of the pipeline's or the dataset's name, in any case. */
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

/** A pipeline run without its facts: all that a list shows. */
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

const sortExpressions: Record<PipelineRunSortKey, string> = {
  duration_ms: 'pipeline_runs.duration_ms',
  finished_at: 'pipeline_runs.finished_at',
  started_at: 'pipeline_runs.started_at',
  total_bytes_loaded: 'pipeline_runs.total_bytes_loaded',
  total_rows_loaded: 'pipeline_runs.total_rows_loaded',
};

export function pipelineRunConditions(workspaceId: string, filter: PipelineRunFilter): Conditions {
  const where = createConditions();
  where.add('workspace_id = ?', workspaceId);
  where.add(
    'strpos(lower(pipeline_name), ?) > 0 or strpos(lower(dataset_name), ?) > 0',
    filter.search?.toLowerCase(),
  );
  where.add('job_run_id = any(?)', filter.jobRunIds);
  where.add('pipeline_name = any(?)', filter.pipelineNames);
  where.add('status = any(?)', filter.statuses);
  where.add('dataset_name = any(?)', filter.datasetNames);
  where.add('destination_name = any(?)', filter.destinationNames);
  where.add('is_empty_run = ?', filter.isEmptyRun);
  where.add('created_at >= ?', filter.start);
  where.add('created_at < ?', filter.end);
  return where;
}

export function orderPipelineRuns(sorting: Sorting<PipelineRunSortKey> | null | undefined): string {
  return orderBy(sortExpressions, sorting, 'pipeline_runs.created_at desc, pipeline_runs.id desc');
}
