import { worstStatus } from '../../domain/pipelines/evaluate-checks.ts';
import type {
  DatasetOverview,
  OverviewTable,
  PipelineOverview,
} from '../../services/pipelines/read-pipelines.ts';
import type { DatasetFreshness, PipelineJob, PipelineNews } from '../../services/pipelines/read-freshness.ts';
import type {
  LastPipelineRunRecord,
  PendingPackageRecord,
  PipelineResultRecord,
  PipelineRunFailureRecord,
  RepeatedLoadRecord,
} from '../../store/records.ts';
import type { PipelineRunInRun } from '../../services/pipelines/read-run-pipelines.ts';
import type { RouteResponseInput } from '@pumphouse/contract';
import { countColumns } from '../../domain/pipelines/schema-shape.ts';
import { toDetailedPipelineRun, toLoadPackage, toPipelineRunStep } from '../../telemetry/serializers.ts';
import { toInstant, toInstantOrNull } from '../serializers/instants.ts';
import { toSchemaChanges } from './schemas-serializers.ts';
import { toStoredPipelineRun } from './pipeline-runs-serializers.ts';

type PipelineResponse = RouteResponseInput<'get_pipeline_overview'>;
type DatasetResponse = RouteResponseInput<'get_dataset_overview'>;

export function toPipelineOverview(overview: PipelineOverview): PipelineResponse {
  const { lastRun, target, usual } = overview;
  return {
    pipeline_name: overview.pipelineName,
    destination_name: target.destinationName,
    destination_type: target.destinationType,
    dataset_name: target.datasetName,
    last_run: toLastRun(lastRun),
    freshness: toFreshness(overview),
    jobs: overview.jobs.map(toPipelineJob),
    usual: {
      run_count: usual.runCount,
      median_duration_ms: toWhole(usual.durationMs),
      median_rows_loaded: usual.rowsLoaded,
      median_bytes_loaded: usual.bytesLoaded,
    },
    schema_names: overview.schemaNames,
    tables: overview.tables.map((table) => ({
      ...toTable(table),
      incremental_columns: table.shape.columns
        .filter(({ hints }) => hints.incremental !== undefined)
        .map(({ name }) => name),
    })),
    are_tables_cut: overview.areTablesCut,
    tables_run_count: overview.runsLookedAt,
    schema_change_count_30_days: overview.schemaChangeCount,
    pending_packages: overview.pendingPackages.map(toPendingLoadPackage),
  };
}

/** Rows and bytes are those that are loaded. */
const toPendingLoadPackage = ({ loadId, schemaName, step, jobsLeft, jobsDone }: PendingPackageRecord) =>
  toLoadPackage({
    loadId,
    schemaName,
    schemaHash: null,
    loadStatus: step === 'partly_loaded' ? 'normalized' : step,
    jobCount: jobsLeft + jobsDone,
    completedJobCount: jobsDone,
    failedJobCount: 0,
    totalRowsLoaded: null,
    totalBytesLoaded: null,
    isPending: true,
    hasSchemaMigration: false,
    completedAt: null,
  });

export function toDatasetOverview(overview: DatasetOverview): DatasetResponse {
  return {
    dataset_name: overview.datasetName,
    destinations: listDestinations(overview.pipelines),
    pipelines: overview.pipelines.map((news) => ({
      pipeline_name: news.pipelineName,
      last_run: toLastRun(news.lastRun),
      freshness: toFreshness(news),
    })),
    last_run: toLastRun(overview.lastRun),
    freshness: toFreshness(overview),
    tables: overview.tables.map((table) => ({ ...toTable(table), pipeline_name: table.pipelineName })),
    are_tables_cut: overview.areTablesCut,
    tables_run_count: overview.runsLookedAt,
    schema_change_count_30_days: overview.schemaChangeCount,
  };
}

export function toPipelineJob(job: PipelineJob) {
  return {
    id: job.jobId,
    job_ref: job.jobRef,
    triggers: job.triggers,
    is_paused: job.isPaused,
    is_archived: job.isArchived,
    expected_every_seconds: toWhole(job.expectedEverySeconds),
    next_scheduled_run_at: toInstantOrNull(job.nextScheduledRunAt),
  };
}

export function toFreshnessRow(news: PipelineNews) {
  return {
    pipeline_name: news.pipelineName,
    dataset_name: news.target.datasetName,
    destination_name: news.target.destinationName,
    last_run: toLastRun(news.lastRun),
    freshness: toFreshness(news),
  };
}

export function toPipelineRunOfJobRun({ run, schemaChanges }: PipelineRunInRun) {
  return {
    ...toDetailedPipelineRun(toStoredPipelineRun(run)),
    destination_type: run.facts.destinationType,
    attempt_number: run.attemptNumber,
    error_cause: run.facts.errorCause,
    steps: run.facts.steps.map(toPipelineRunStep),
    schema_changes: schemaChanges.map(toSchemaChanges),
  };
}

export function toPipelineResult(result: PipelineResultRecord & { attemptNumber: number }) {
  const { checks } = result;
  return {
    attempt_number: result.attemptNumber,
    pipeline_name: result.pipelineName,
    dataset_name: result.datasetName,
    call_count: result.callCount,
    status: result.status,
    rows_loaded: result.rowsLoaded,
    bytes_loaded: result.bytesLoaded,
    duration_ms: toWhole(result.durationMs),
    checks: checks && {
      status: worstStatus(checks),
      on_failure: checks.onFailure,
      results: checks.results.map(({ isUnseen = false, ...check }) => ({ ...check, is_unseen: isUnseen })),
    },
  };
}

export function toRepeatedLoad(load: RepeatedLoadRecord) {
  return {
    pipeline_name: load.pipelineName,
    schema_name: load.schemaName,
    table_name: load.tableName,
    load_id: load.loadId,
    status: load.status,
    rows_twice: load.rows,
    statement: load.statement,
  };
}

export function toDatasetFreshnessRow(dataset: DatasetFreshness) {
  return {
    dataset_name: dataset.datasetName,
    freshness: toFreshness(dataset),
    pipeline_names: dataset.writers.map(({ pipelineName }) => pipelineName),
  };
}

export function toFreshness({ freshness, lastSuccessAt }: Pick<PipelineNews, 'freshness' | 'lastSuccessAt'>) {
  return {
    last_success_at: toInstantOrNull(lastSuccessAt),
    age_seconds: freshness.ageSeconds,
    state: freshness.state,
    is_stale: freshness.isStale,
    detail: freshness.detail,
    stale_at: toInstantOrNull(freshness.staleAt),
    expected_every_seconds: toWhole(freshness.expectedEverySeconds),
  };
}

export function toLastRun(run: LastPipelineRunRecord | null) {
  if (run === null) return null;
  return {
    id: run.id,
    pipeline_name: run.pipelineName,
    status: run.status,
    created_at: toInstant(run.createdAt),
    started_at: toInstantOrNull(run.startedAt),
    finished_at: toInstantOrNull(run.finishedAt),
    duration_ms: toWhole(run.durationMs),
    rows_loaded: run.rowsLoaded,
    bytes_loaded: run.bytesLoaded,
    error_step: run.errorStep,
    error_message: run.errorMessage,
    failure_summary: summarizeFailure(run),
    check_status: run.checkStatus,
    job_run: {
      id: run.jobRunId,
      number: run.jobRunNumber,
      job_id: run.jobId,
      job_ref: run.jobRef,
      status: run.jobRunStatus,
    },
  };
}

/** The reason of the job run, as lists of runs show it, if it failed because of this pipeline run. */
function summarizeFailure({
  status,
  pipelineName,
  jobRunReason: reason,
}: Pick<LastPipelineRunRecord, 'status' | 'pipelineName' | 'jobRunReason'>): string | null {
  return status === 'failed' && reason?.pipelineName === pipelineName ? reason.summary : null;
}

export function toPipelineRunFailures(runs: readonly PipelineRunFailureRecord[]) {
  return runs.flatMap((run) => {
    const summary = summarizeFailure(run);
    return summary === null ? [] : [{ pipeline_run_id: run.id, summary }];
  });
}

function toTable({ shape, rows, ...table }: OverviewTable) {
  return {
    table_name: shape.name,
    schema_name: table.schemaName,
    parent: shape.hints.parent ?? null,
    write_disposition: shape.hints.write_disposition ?? null,
    column_count: countColumns(shape),
    rows_last_loaded: rows?.rowsLastLoaded ?? null,
    bytes_last_loaded: rows?.bytesLastLoaded ?? null,
    last_loaded_at: toInstantOrNull(rows?.lastLoadedAt ?? null),
    rows_loaded: rows?.rowsLoaded ?? 0,
    run_count: rows?.runCount ?? 0,
    last_changed_at: toInstantOrNull(table.lastChangedAt),
  };
}

/** The destinations of the last runs, without duplicates. */
export function listDestinations(pipelines: readonly PipelineNews[]) {
  const types = new Map(
    pipelines.flatMap(({ target }) =>
      target.destinationName === null ? [] : [[target.destinationName, target.destinationType] as const],
    ),
  );
  return [...types].map(([name, type]) => ({ name, type }));
}

function toWhole(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}
