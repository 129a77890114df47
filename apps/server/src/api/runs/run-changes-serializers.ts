import type { ComparedRun } from '../../services/runs/compare-runs.ts';
import type { JobRunChangesResponse } from '@pumphouse/contract';
import type { RunChanges } from '../../services/runs/read-run-changes.ts';
import { maximumListedRunChanges } from '@pumphouse/contract';
import { toInstantOrNull } from '../serializers/instants.ts';

type Streak = NonNullable<RunChanges['streak']>;

export function toJobRunChanges(changes: RunChanges): JobRunChangesResponse {
  const { comparison, streak, code, packages } = changes;
  const { base, target } = comparison;
  const lists = {
    files: code.files.map(({ path, change, addedLineCount, removedLineCount }) => ({
      path,
      change,
      added_line_count: addedLineCount,
      removed_line_count: removedLineCount,
    })),
    configuration_files: changes.configurationFiles.map(({ path, change }) => ({ path, change })),
    run_changes: base ? listRunChanges(base, target) : [],
    job_changes: comparison.definitionChanges,
    schemas: changes.schemas.map(toSchemaChange),
    rows: changes.rows.map(toRowsChange),
    durations: changes.durations.map(({ pipelineName, step, beforeMs, afterMs }) => ({
      pipeline_name: pipelineName,
      step,
      before_ms: Math.round(beforeMs),
      after_ms: Math.round(afterMs),
    })),
  };
  const counts = [packages?.length ?? 0, ...Object.values(lists).map(({ length }) => length)];
  return {
    base: base && toChangedRun(base),
    target: toChangedRun(target),
    failure_streak: streak && toStreak(streak, target),
    timeout_seconds: target.jobVersion.maxRunTimeSeconds,
    usual_duration_seconds: changes.usualDurationSeconds,
    files_outcome: code.outcome,
    other_changed_file_count: code.otherChangedCount,
    changed_variable_count: changes.changedVariableCount,
    packages: packages && cut(packages),
    files: cut(lists.files),
    configuration_files: cut(lists.configuration_files),
    run_changes: lists.run_changes,
    job_changes: cut(lists.job_changes),
    schemas: cut(lists.schemas),
    rows: cut(lists.rows),
    durations: cut(lists.durations),
    is_truncated: code.isTruncated || counts.some((count) => count > maximumListedRunChanges),
  };
}

const cut = <Item>(items: readonly Item[]): Item[] => items.slice(0, maximumListedRunChanges);

function toChangedRun(compared: ComparedRun): JobRunChangesResponse['target'] {
  const { run, deploymentVersion, configurationVersion } = compared;
  return {
    id: run.id,
    number: run.number,
    status: run.status,
    finished_at: toInstantOrNull(run.finishedAt),
    deployment_id: run.deploymentId,
    deployment_version: deploymentVersion,
    configuration_id: run.configurationId,
    configuration_version: configurationVersion,
  };
}

function toStreak({ first, failedCount }: Streak, { run, deploymentVersion }: ComparedRun) {
  const own = { id: run.id, number: run.number, finishedAt: run.finishedAt, deploymentVersion };
  const { id, number, finishedAt, deploymentVersion: version } = first ?? own;
  return {
    first: { id, number, deployment_version: version, finished_at: toInstantOrNull(finishedAt) },
    failed_count: failedCount,
  };
}

function listRunChanges(base: ComparedRun, target: ComparedRun): JobRunChangesResponse['run_changes'] {
  const settings = [
    ['profile', base.run.profile, target.run.profile],
    ['refresh', String(base.run.refresh), String(target.run.refresh)],
  ] as const;
  return settings.flatMap(([key, before, after]) =>
    before === after ? [] : [{ key, change: 'changed' as const, before, after }],
  );
}

function toSchemaChange(schema: RunChanges['schemas'][number]): JobRunChangesResponse['schemas'][number] {
  const { changes } = schema.difference;
  return {
    pipeline_name: schema.pipelineName,
    schema_name: schema.schemaName,
    base_hash: schema.baseHash,
    version_hash: schema.versionHash,
    changes: cut(changes),
    change_count: changes.length,
  };
}

function toRowsChange(row: RunChanges['rows'][number]): JobRunChangesResponse['rows'][number] {
  return {
    pipeline_name: row.pipelineName,
    schema_name: row.schemaName,
    table_name: row.tableName,
    usual_rows: toCount(row.usualRows),
    usual_run_count: row.usualRunCount,
    rows: toCount(row.rows),
  };
}

/** A run may report any numbers, and JSON readers need integers that are exact. */
const toCount = (value: number): number => Math.min(Number.MAX_SAFE_INTEGER, Math.round(value));
