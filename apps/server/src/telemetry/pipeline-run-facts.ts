/**
 * What one trace says about one `pipeline.run()`. All times are UTC ISO 8601 texts with milliseconds, all sizes bytes.
 * Everything is JSON, so that a fact can be stored as a column or inside `jsonb` and read back equal.
 */

export type PipelineRunStatus = 'succeeded' | 'failed';

export interface PipelineRunFacts {
  /** dlt's id of the run: the idempotency key within an attempt. */
  transactionId: string;
  pipelineName: string;
  status: PipelineRunStatus;
  startedAt: string | null;
  finishedAt: string | null;
  durationMs: number | null;
  extractDurationMs: number | null;
  normalizeDurationMs: number | null;
  loadDurationMs: number | null;
  /** Known once the load step began; null for a run that failed before it. */
  destinationName: string | null;
  destinationType: string | null;
  /** Null also for a run that had nothing new to load. */
  datasetName: string | null;
  /** dlt names a schema after its source, so these are the schemas of all packages in their order. */
  sourceNames: string[];
  totalRowsExtracted: number;
  totalBytesExtracted: number;
  totalRowsLoaded: number;
  totalBytesLoaded: number;
  /** extract, normalize or load; `run` only for a failure outside all three. */
  errorStep: string | null;
  errorMessage: string | null;
  /** The innermost exception in one line, `RuntimeError: upstream API said no`. */
  errorCause: string | null;
  /** Causes first, as Python prints them. */
  errorTraceback: string | null;
  hasSchemaMigration: boolean;
  hasFailedLoadJobs: boolean;
  hasPendingPackages: boolean;
  /** Succeeded and had no new data. */
  isEmptyRun: boolean;
  dltVersion: string | null;
  dltPlusVersion: string | null;
  pythonVersion: string | null;
  osName: string | null;
  osVersion: string | null;
  tables: PipelineRunTable[];
  loadPackages: LoadPackage[];
  resources: PipelineRunResource[];
  steps: PipelineRunStep[];
}

export interface PipelineRunTable {
  tableName: string;
  schemaName: string;
  /** Null for nested tables, which come to be in the normalize step. */
  rowsExtracted: number | null;
  bytesExtracted: number | null;
  /** Null when the trace does not say: a package left over from an earlier run was normalized there. */
  rowsLoaded: number | null;
  /** Size of the normalized files before compression. */
  bytesLoaded: number | null;
  fileFormat: string | null;
  loadJobState: 'completed' | 'failed' | null;
  loadDurationMs: number | null;
  writeDisposition: string | null;
}

export interface LoadPackage {
  loadId: string;
  schemaName: string | null;
  schemaHash: string | null;
  /** new, extracted, normalized, loaded or aborted, as last seen in the trace. */
  loadStatus: string | null;
  /** All jobs, those of `_dlt` tables and follow-ups of merges included. */
  jobCount: number;
  completedJobCount: number;
  failedJobCount: number;
  totalRowsLoaded: number | null;
  totalBytesLoaded: number | null;
  /** Left in the pipeline's folder and tried again by the next run, where that folder still exists. */
  isPending: boolean;
  hasSchemaMigration: boolean;
  completedAt: string | null;
}

export interface PipelineRunResource {
  resourceName: string;
  schemaName: string;
  /** Null when the resource was selected and gave no metrics, as after a failed extract. */
  rowsExtracted: number | null;
  bytesExtracted: number | null;
  /** The resource that feeds a transformer; null for one that feeds itself. */
  parentResourceName: string | null;
  writeDisposition: string | null;
}

export interface PipelineRunStep {
  step: string;
  startedAt: string | null;
  finishedAt: string | null;
  durationMs: number | null;
  failed: boolean;
}
