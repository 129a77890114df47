import type { ComparedLog, LogComparison } from '../../services/runs/compare-run-logs.ts';
import type { ComparedRun, RunComparison } from '../../services/runs/compare-runs.ts';
import type { JobRunComparisonResponse, JobRunLogComparisonResponse } from '@pumphouse/contract';
import type { PipelineSums, TableSums } from '../../domain/runs/compare-pipeline-runs.ts';
import { listRunPhases } from '../../domain/runs/run-phases.ts';
import { toDurationSeconds, toInstant, toInstantOrNull } from '../serializers/instants.ts';
import { toHunk } from '../versions/comparisons-serializers.ts';
import { toRunPhase } from './run-timelines-serializers.ts';
import { toTrigger } from '../scheduling/next-starts-serializers.ts';

export function toJobRunComparison(compared: RunComparison): JobRunComparisonResponse {
  const { base, target } = compared;
  const differs = (read: (run: ComparedRun) => unknown) => base !== null && read(base) !== read(target);
  return {
    base: base && toComparedRun(base),
    target: toComparedRun(target),
    is_job_changed: differs(({ run }) => run.jobVersionId),
    is_code_changed: differs(({ run }) => run.deploymentId),
    is_configuration_changed: differs(({ run }) => run.configurationId),
    job_changes: compared.definitionChanges,
    pipelines: compared.pipelines.map(({ pipelineName, before, after }) => ({
      pipeline_name: pipelineName,
      before: before && toPipelineSums(before),
      after: after && toPipelineSums(after),
    })),
    tables: compared.tables.map(({ pipelineName, schemaName, tableName, before, after }) => ({
      pipeline_name: pipelineName,
      schema_name: schemaName,
      table_name: tableName,
      before: before && toTableSums(before),
      after: after && toTableSums(after),
    })),
    is_truncated: compared.isTruncated,
  };
}

function toComparedRun(compared: ComparedRun): JobRunComparisonResponse['target'] {
  const { run, attempts, jobVersion } = compared;
  return {
    id: run.id,
    number: run.number,
    status: run.status,
    ...toTrigger(run.trigger),
    created_at: toInstant(run.createdAt),
    started_at: toInstantOrNull(run.startedAt),
    finished_at: toInstantOrNull(run.finishedAt),
    duration_seconds: toDurationSeconds(run),
    profile: run.profile,
    refresh: run.refresh,
    interval_start: toInstantOrNull(run.intervalStart),
    interval_end: toInstantOrNull(run.intervalEnd),
    job_version_id: run.jobVersionId,
    job_version: jobVersion.version,
    deployment_id: run.deploymentId,
    deployment_version: compared.deploymentVersion,
    configuration_id: run.configurationId,
    configuration_version: compared.configurationVersion,
    attempt_count: attempts.length,
    phases: listRunPhases(run, attempts).map(toRunPhase),
  };
}

function toTableSums({ rowsLoaded, bytesLoaded }: TableSums) {
  return { rows_loaded: rowsLoaded, bytes_loaded: bytesLoaded };
}

function toPipelineSums(sums: PipelineSums) {
  const round = (ms: number | null) => (ms === null ? null : Math.round(ms));
  return {
    pipeline_run_count: sums.runCount,
    status: sums.status,
    ...toTableSums(sums),
    duration_ms: round(sums.durationMs),
    extract_duration_ms: round(sums.extractDurationMs),
    normalize_duration_ms: round(sums.normalizeDurationMs),
    load_duration_ms: round(sums.loadDurationMs),
    schemas: sums.schemas.map(({ schemaName, versionHash }) => ({
      schema_name: schemaName,
      version_hash: versionHash,
    })),
  };
}

export function toJobRunLogComparison({ base, target, hunks }: LogComparison): JobRunLogComparisonResponse {
  return {
    base: base && toComparedLog(base),
    target: toComparedLog(target),
    outcome: base ? 'compared' : 'no_base',
    hunks: hunks.map(toHunk),
  };
}

function toComparedLog({ run, lineCount, comparedLineCount, isRemoved }: ComparedLog) {
  return {
    job_run_id: run.id,
    number: run.number,
    line_count: lineCount,
    compared_line_count: comparedLineCount,
    is_cut: comparedLineCount < lineCount,
    is_removed: isRemoved,
  };
}
