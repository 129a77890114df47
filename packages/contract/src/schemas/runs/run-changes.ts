import { z } from 'zod';
import { changeKind, settingChange } from '../versions/comparisons.ts';
import { runStatus } from './job-runs.ts';
import { schemaChange } from '../pipelines/schema-history.ts';
import { namedEnum, openEnum, responseObject, timestamp, uuid } from '../primitives.ts';

/** Maximum changes in one list of a response. */
export const maximumListedRunChanges = 50;

const changedRun = responseObject('ChangedRunResponse', {
  id: uuid,
  number: z.int(),
  status: openEnum(runStatus),
  finished_at: timestamp.nullable(),
  deployment_id: uuid,
  deployment_version: z.int(),
  configuration_id: uuid,
  configuration_version: z.int(),
});

/** The failed runs of the job since it last completed. */
const failureStreak = responseObject('FailureStreakResponse', {
  /** The first of them; the run itself if it is the first. */
  first: responseObject('FirstFailedRunResponse', {
    id: uuid,
    number: z.int(),
    deployment_version: z.int(),
    finished_at: timestamp.nullable(),
  }),
  /** Including the run itself. */
  failed_count: z.int(),
});

const changedFile = responseObject('ImportedFileChangeResponse', {
  path: z.string(),
  change: changeKind,
  /** Null if its lines are not compared: it is not text, too large, or a link. */
  added_line_count: z.int().nullable(),
  removed_line_count: z.int().nullable(),
});

const changedPackage = responseObject('PackageChangeResponse', {
  name: z.string(),
  /** Version; null if the package was not installed. */
  before: z.string().nullable(),
  after: z.string().nullable(),
});

const changedSchema = responseObject('RunSchemaDifferenceResponse', {
  pipeline_name: z.string(),
  schema_name: z.string(),
  base_hash: z.string(),
  version_hash: z.string(),
  /** Most important first. */
  changes: z.array(schemaChange),
  change_count: z.int(),
});

const changedRows = responseObject('SourceRowsChangeResponse', {
  pipeline_name: z.string(),
  schema_name: z.string(),
  table_name: z.string(),
  /** Median of the last completed runs. */
  usual_rows: z.int(),
  /** Number of runs that the median is of. */
  usual_run_count: z.int(),
  rows: z.int(),
});

const changedDuration = responseObject('DurationChangeResponse', {
  /** Null for a phase of the run. */
  pipeline_name: z.string().nullable(),
  /** A phase of the run, or a step of the pipeline: extract, normalize, load. */
  step: z.string(),
  before_ms: z.int(),
  after_ms: z.int(),
});

/**
 * What differs notably between a run and an earlier one. Differences of durations below half a second or 20 %,
 * and row counts between half and twice the usual, are left out. Without a base all lists are empty. Lists have
 * at most 50 entries.
 */
export const jobRunChangesResponse = responseObject('JobRunChangesResponse', {
  base: changedRun.nullable(),
  target: changedRun,
  /** Null unless the run failed. */
  failure_streak: failureStreak.nullable(),
  timeout_seconds: z.number().nullable(),
  /** Median of the last completed runs; null without any. */
  usual_duration_seconds: z.number().nullable(),
  /** Changed files that the job imports, found by static analysis. */
  files: z.array(changedFile),
  /**
   * `archive_removed`: retention removed the files of one of the deployments; then `files` is empty, and
   * `other_changed_file_count` counts all changed files.
   */
  files_outcome: namedEnum('JobCodeOutcome', ['compared', 'archive_removed']),
  /** Changed files that the job does not import. */
  other_changed_file_count: z.int(),
  /** Changed configuration files of the run's profile. */
  configuration_files: z.array(
    responseObject('RunConfigurationFileChange', { path: z.string(), change: changeKind }),
  ),
  /** Variables written between the starts of both runs. Deleted ones are not counted. */
  changed_variable_count: z.int(),
  /** Profile and refresh of the runs, if they differ. */
  run_changes: z.array(settingChange),
  /** Settings of the job's definition as JSON; keys of nested objects are joined by dots. */
  job_changes: z.array(settingChange),
  /** Packages that resolved to another version; null if those of one of the runs are not known. */
  packages: z.array(changedPackage).nullable(),
  schemas: z.array(changedSchema),
  /** Source rows of tables, the largest difference first. */
  rows: z.array(changedRows),
  durations: z.array(changedDuration),
  /** A list has more entries than are returned. */
  is_truncated: z.boolean(),
});
export type JobRunChangesResponse = z.output<typeof jobRunChangesResponse>;
