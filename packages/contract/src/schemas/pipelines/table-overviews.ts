import { z } from 'zod';
import { feedingJob, pipelineFreshness } from './pipeline-overviews.ts';
import { bringingRun, schemaChange, schemaColumn } from './schema-history.ts';
import { openEnum, responseObject, timestamp, uuid } from '../primitives.ts';
import { writeDisposition } from './pipeline-runs.ts';

/** Maximum loads of a table in one response, and of runs of its pipelines that are searched for them. */
export const maximumTableLoads = 200;

/** Maximum schemas that write one table in one response. */
export const maximumTableWriters = 10;

/** Maximum changes of one table by one schema version in one response. */
export const maximumTableChanges = 200;

/** A schema version that changed a table or its columns. */
const tableVersion = responseObject('TableVersion', {
  version: z.int().nullable(),
  version_hash: z.string(),
  /** The previous version; null for the first known one. */
  base_hash: z.string().nullable(),
  created_at: timestamp,
  /** The run that reported it first; null once that run is removed. */
  job_run: bringingRun.nullable(),
  /** Only of this table. Empty for the first known version of the schema. */
  changes: z.array(schemaChange),
  changes_total: z.int(),
});
export type TableVersion = z.output<typeof tableVersion>;

/** The version that changed a column, and its run. */
const columnOrigin = responseObject('TableColumnOrigin', {
  version: z.int().nullable(),
  version_hash: z.string(),
  created_at: timestamp,
  job_run: bringingRun.nullable(),
});

const tableColumn = responseObject('TableColumn', {
  ...schemaColumn.shape,
  /** Null if it was added before the known history. */
  added: columnOrigin.nullable(),
  /** The last change of its type, nullability or hints; null if there is none in the known history. */
  changed: columnOrigin.nullable(),
});
export type TableColumn = z.output<typeof tableColumn>;

/** A pipeline's schema that has the table, from its last reported version. */
const tableWriter = responseObject('TableWriter', {
  pipeline_name: z.string(),
  schema_name: z.string(),
  version: z.int().nullable(),
  version_hash: z.string(),
  /** The parent of a nested table. */
  parent: z.string().nullable(),
  resource: z.string().nullable(),
  /** A nested table has the one of its parent. */
  write_disposition: z.string().nullable(),
  merge_strategy: z.string().nullable(),
  table_format: z.string().nullable(),
  description: z.string().nullable(),
  freshness: pipelineFreshness,
  columns: z.array(tableColumn),
  are_columns_cut: z.boolean(),
  /** Newest first. */
  versions: z.array(tableVersion),
  /** Older versions, or some changes of large versions, are missing. */
  are_versions_cut: z.boolean(),
});
export type TableWriter = z.output<typeof tableWriter>;

/** What one pipeline run loaded into the table. */
const tableLoad = responseObject('TableLoad', {
  pipeline_run_id: uuid,
  pipeline_name: z.string(),
  schema_name: z.string(),
  /** When the pipeline run ended. */
  loaded_at: timestamp,
  rows_loaded: z.int(),
  bytes_loaded: z.int().nullable(),
  write_disposition: openEnum(writeDisposition).nullable(),
  job_run: bringingRun,
});
export type TableLoad = z.output<typeof tableLoad>;

/** A table of a dataset, from what runs reported. */
export const tableOverviewResponse = responseObject('TableOverviewResponse', {
  dataset_name: z.string(),
  table_name: z.string(),
  destinations: z.array(
    responseObject('TableDestination', { name: z.string(), type: z.string().nullable() }),
  ),
  /** Of the stale pipeline, if any, else of the one that succeeded last. */
  freshness: pipelineFreshness,
  /** The schemas that have the table, the one that loaded it last first. */
  writers: z.array(tableWriter),
  are_writers_cut: z.boolean(),
  /** Jobs that run these pipelines or have run them, current ones first. */
  jobs: z.array(responseObject('TableJob', { ...feedingJob.shape, pipeline_name: z.string() })),
  /** Successful loads, newest first. */
  loads: z.array(tableLoad),
  /** Maximum number of runs of each pipeline that were searched for loads. */
  loads_run_count: z.int(),
});
export type TableOverviewResponse = z.output<typeof tableOverviewResponse>;
