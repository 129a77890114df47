import type { Queryable } from '../pool.ts';
import type { SchemaChange } from '@pumphouse/contract';
import { named } from '../statements/named.ts';

/** A schema that has a table. */
export interface TableWriterRecord {
  pipelineName: string;
  schemaName: string;
}

/** What one successful pipeline run loaded into a table. */
export interface TableLoadRecord {
  pipelineRunId: string;
  pipelineName: string;
  schemaName: string;
  loadedAt: Date;
  rowsLoaded: number;
  bytesLoaded: number | null;
  writeDisposition: string | null;
  jobRunId: string;
  runNumber: number;
  runJobId: string;
  jobRef: string;
}

/** A schema version that changed a table, with the stored changes of all its tables. */
export interface TableVersionRecord {
  versionHash: string;
  version: number | null;
  baseHash: string | null;
  /** All changes of the version, of which `changes` has the first. */
  changeCount: number;
  changes: SchemaChange[];
  createdAt: Date;
  jobRunId: string | null;
  runNumber: number | null;
  runJobId: string | null;
  jobRef: string | null;
}

interface TableScope {
  workspaceId: string;
  datasetName: string;
  tableName: string;
}

/** Number of newest versions of a pipeline's schemas that are searched for changes of a table. */
const maxVersionsSearched = 1000;

/**
 * Maximum bytes of the reports of one pipeline that are searched, as stored, which is compressed: a report of
 * 1,000 tables is 200 kB of text, and takes milliseconds to read.
 */
const maxReportBytes = 250_000;

export type TableStore = ReturnType<typeof createTableStore>;

/** Reads what is known of one table of a dataset. */
export function createTableStore(sql: Queryable) {
  return {
    /** Lists the schemas that have the table, by pipeline and name. */
    listWriters: ({ workspaceId, datasetName, tableName }: TableScope, limit: number) =>
      sql.query<TableWriterRecord>(
        named(
          `select pipeline_name as "pipelineName", schema_name as "schemaName" from dataset_schemas
            where workspace_id = :workspaceId and dataset_name = :datasetName and :tableName = any(table_names)
            order by 1, 2 limit :limit`,
          { workspaceId, datasetName, tableName, limit },
        ),
      ),

    /**
     * Lists the loads of the table among the last `runs` successful runs of each pipeline, newest first. Fewer
     * runs are searched if their reports are large.
     * @param pipelines for each, when the newest of its runs was stored
     */
    listLoads: (
      { workspaceId, datasetName, tableName }: TableScope,
      pipelines: readonly { name: string; until: Date }[],
      { runs, loads }: { runs: number; loads: number },
    ) =>
      sql.query<TableLoadRecord>(
        named(
          `select runs.id as "pipelineRunId", names.name as "pipelineName", loaded.value->>'schemaName' as "schemaName",
                  coalesce(runs.finished_at, runs.created_at) as "loadedAt",
                  (loaded.value->>'rowsLoaded')::int8 as "rowsLoaded", (loaded.value->>'bytesLoaded')::int8 as "bytesLoaded",
                  loaded.value->>'writeDisposition' as "writeDisposition", runs.job_run_id as "jobRunId",
                  job_runs.number as "runNumber", job_runs.job_id as "runJobId", jobs.job_ref as "jobRef"
             from unnest(:names::text[], :untils::timestamptz[]) as names (name, until)
            cross join lateral (
              select * from (
                select *, sum(pg_column_size(facts)) over (order by created_at desc, id) - pg_column_size(facts) as bytes_before
                  from (select id, job_run_id, created_at, finished_at, facts from pipeline_runs
                         where workspace_id = :workspaceId and pipeline_name = names.name and dataset_name = :datasetName
                           and status = 'succeeded' and created_at <= names.until
                         order by created_at desc limit :runs) as newest
              ) as sized where bytes_before < ${maxReportBytes}
            ) as runs
            cross join lateral jsonb_path_query(
              runs.facts::jsonb, '$.tables[*] ? (@.tableName == $name && @.rowsLoaded != null)',
              jsonb_build_object('name', :tableName::text)) as loaded (value)
             join job_runs on job_runs.id = runs.job_run_id join jobs on jobs.id = job_runs.job_id
            order by runs.created_at desc, runs.id, 3 limit :loads`,
          {
            workspaceId,
            datasetName,
            tableName,
            names: pipelines.map(({ name }) => name),
            untils: pipelines.map(({ until }) => until),
            runs,
            loads,
          },
        ),
      ),

    /** Lists the versions of a schema that changed the table, newest first, from the newest 1,000 of the pipeline. */
    listVersions: (
      { workspaceId, tableName }: Pick<TableScope, 'workspaceId' | 'tableName'>,
      { pipelineName, schemaName }: TableWriterRecord,
      limit: number,
    ) =>
      sql.query<TableVersionRecord>(
        named(
          `select found.version_hash as "versionHash", found.version, found.base_hash as "baseHash",
                  found.change_count as "changeCount", found.changes, found.created_at as "createdAt",
                  found.job_run_id as "jobRunId", job_runs.number as "runNumber", job_runs.job_id as "runJobId",
                  jobs.job_ref as "jobRef"
             from (select * from schema_changes
                    where workspace_id = :workspaceId and pipeline_name = :pipelineName
                    order by created_at desc, id desc limit ${maxVersionsSearched}) as found
             left join job_runs on job_runs.id = found.job_run_id
             left join jobs on jobs.id = job_runs.job_id
            where found.schema_name = :schemaName and :tableName = any(found.changed_tables)
            order by found.created_at desc, found.id desc limit :limit`,
          { workspaceId, pipelineName, schemaName, tableName, limit },
        ),
      ),
  };
}
