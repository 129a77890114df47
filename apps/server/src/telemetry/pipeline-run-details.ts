/**
 * The content of one trace about one `pipeline.run()`. All times are UTC ISO 8601 texts with milliseconds,
 * all sizes are in bytes. Everything is JSON, so that a value can be stored as a column or in `jsonb` and is
 * equal when read back.
 */

export type PipelineRunStatus = 'succeeded' | 'failed';

export interface PipelineRunDetails {
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
  /** Known once the load step started; null for a run that failed before. */
  destinationName: string | null;
  destinationType: string | null;
  /** Also null for a run without new data. */
  datasetName: string | null;
  /** dlt names a schema after its source, so these are the schemas of all packages, in order. */
  sourceNames: string[];
  totalRowsExtracted: number;
  totalBytesExtracted: number;
  totalRowsLoaded: number;
  totalBytesLoaded: number;
  /** extract, normalize or load; `run` only for a failure outside of all three. */
  errorStep: string | null;
  errorMessage: string | null;
  /** The innermost exception in one line, such as `RuntimeError: upstream API said no`. */
  errorCause: string | null;
  /** Causes first, as Python prints them. */
  errorTraceback: string | null;
  hasSchemaMigration: boolean;
  hasFailedLoadJobs: boolean;
  hasPendingPackages: boolean;
  /** The run succeeded without new data. */
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
  /** Null for nested tables, which are created in the normalize step. */
  rowsExtracted: number | null;
  bytesExtracted: number | null;
  /** Null if the trace does not contain it: an earlier run normalized the package. */
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
  /** new, extracted, normalized, loaded or aborted; the last status in the trace. */
  loadStatus: string | null;
  /** All jobs, including those of `_dlt` tables and follow-up jobs of merges. */
  jobCount: number;
  completedJobCount: number;
  failedJobCount: number;
  totalRowsLoaded: number | null;
  totalBytesLoaded: number | null;
  /** Left in the pipeline's folder and retried by the next run, if that folder still exists. */
  isPending: boolean;
  hasSchemaMigration: boolean;
  completedAt: string | null;
}

export interface PipelineRunResource {
  resourceName: string;
  schemaName: string;
  /** Null if the resource was selected but has no metrics, as after a failed extract. */
  rowsExtracted: number | null;
  bytesExtracted: number | null;
  /** The resource that feeds a transformer; null for an independent one. */
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
