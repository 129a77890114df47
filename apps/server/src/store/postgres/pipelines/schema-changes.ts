import type { Conditions } from '../statements/conditions.ts';
import type { ListOrder, RowList } from '../statements/keyset.ts';
import type { Queryable } from '../pool.ts';
import type { SchemaChange, SchemaChangeCounts } from '@pumphouse/contract';
import type { SchemaVersionKey } from './schema-versions.ts';
import type { Sorting } from '../statements/conditions.ts';
import { columns } from '../statements/columns.ts';
import { countRows, readRange, walk } from '../statements/keyset.ts';
import { createConditions } from '../statements/conditions.ts';

/** What a version of a schema changed, as it is written down when the version comes. */
export interface NewSchemaChanges extends SchemaVersionKey {
  version: number | null;
  /** Null for the first version that is known. */
  baseHash: string | null;
  datasetName: string | null;
  jobRunId: string | null;
  tableCount: number;
  columnCount: number;
  counts: SchemaChangeCounts;
  changeCount: number;
  /** The first ones. */
  changes: readonly SchemaChange[];
  changedTables: readonly string[];
  /** When the version came; null for now. */
  createdAt: Date | null;
}

export interface SchemaChangesRecord {
  pipelineName: string;
  schemaName: string;
  versionHash: string;
  version: number | null;
  baseHash: string | null;
  datasetName: string | null;
  jobRunId: string | null;
  runNumber: number | null;
  runJobId: string | null;
  jobRef: string | null;
  tableCount: number;
  columnCount: number;
  counts: SchemaChangeCounts;
  changeCount: number;
  changes: SchemaChange[];
  createdAt: Date;
}

export interface SchemaChangeFilter {
  pipelineNames?: readonly string[] | null;
  datasetNames?: readonly string[] | null;
  schemaNames?: readonly string[] | null;
  versionHashes?: readonly string[] | null;
  jobRunIds?: readonly string[] | null;
  jobIds?: readonly string[] | null;
}

export type SchemaChangeSortKey = 'created_at';

/** What the new versions of schemas that a job run brought changed, all of them together. */
export interface RunSchemaChanges {
  jobRunId: string;
  /** Versions that were first ones are none of the changes: their tables would be counted as added. */
  createdSchemaCount: number;
  changeCount: number;
  /** Null where no schema changed that was there. */
  firstChange: SchemaChange | null;
}

/** When a table of a schema last changed. */
export interface TableChangeRecord {
  pipelineName: string;
  schemaName: string;
  tableName: string;
  changedAt: Date;
}

/** Versions that are looked through for when tables changed. */
const mostVersionsOfSchemas = 1000;

const countColumns = [
  'tables_added',
  'tables_removed',
  'columns_added',
  'columns_removed',
  'columns_changed',
  'type_conflicts',
] as const satisfies readonly (keyof SchemaChangeCounts)[];
const countsObject = `json_build_object(${countColumns.map((name) => `'${name}', schema_changes.${name}`).join(', ')})`;

const from = `schema_changes left join job_runs on job_runs.id = schema_changes.job_run_id
  left join jobs on jobs.id = job_runs.job_id`;
const changeColumns = `${columns('schema_changes', [
  'pipeline_name',
  'schema_name',
  'version_hash',
  'version',
  'base_hash',
  'dataset_name',
  'job_run_id',
  'table_count',
  'column_count',
  'change_count',
  'changes',
  'created_at',
])}, ${countsObject} as counts, job_runs.number as "runNumber", job_runs.job_id as "runJobId", jobs.job_ref as "jobRef"`;

function orderBy(sorting: Sorting<SchemaChangeSortKey> | null | undefined): ListOrder {
  const order = sorting?.[0]?.order ?? 'desc';
  return [
    { sql: 'schema_changes.created_at', type: 'timestamptz', isNullable: false, order },
    { sql: 'schema_changes.id', type: 'bigint', isNullable: false, order },
  ];
}

function conditions(workspaceId: string, filter: SchemaChangeFilter): Conditions {
  const where = createConditions();
  where.add('schema_changes.workspace_id = ?', workspaceId);
  where.addOneOf('schema_changes.pipeline_name', filter.pipelineNames);
  where.addOneOf('schema_changes.schema_name', filter.schemaNames);
  where.addOneOf('schema_changes.version_hash', filter.versionHashes);
  where.addOneOf('schema_changes.dataset_name', filter.datasetNames);
  where.addOneOf('schema_changes.job_run_id', filter.jobRunIds, 'uuid');
  where.addOneOf('schema_changes.job_id', filter.jobIds, 'uuid');
  return where;
}

export type SchemaChangeStore = ReturnType<typeof createSchemaChangeStore>;

/** What each version of a schema changed. A version has one row, for as long as the version is kept. */
export function createSchemaChangeStore(sql: Queryable) {
  return {
    /** Does nothing for a version whose changes are known. */
    add: (changes: NewSchemaChanges) =>
      sql.execute(
        `insert into schema_changes (workspace_id, pipeline_name, schema_name, version_hash, version, base_hash, dataset_name,
                job_run_id, job_id, table_count, column_count, change_count, changes, changed_tables, created_at,
                ${countColumns.join(', ')})
         values ($1, $2, $3, $4, $5, $6, $7, $8, (select job_id from job_runs where job_runs.id = $8), $9, $10, $11, $12, $13,
                 coalesce($14, now()), ${countColumns.map((_, index) => `$${15 + index}`).join(', ')})
         on conflict do nothing`,
        [
          changes.workspaceId,
          changes.pipelineName,
          changes.schemaName,
          changes.versionHash,
          changes.version,
          changes.baseHash,
          changes.datasetName,
          changes.jobRunId,
          changes.tableCount,
          changes.columnCount,
          changes.changeCount,
          JSON.stringify(changes.changes),
          changes.changedTables,
          changes.createdAt,
          ...countColumns.map((name) => changes.counts[name]),
        ],
      ),

    /** Newest first unless sorted. */
    list: (
      workspaceId: string,
      filter: SchemaChangeFilter,
    ): RowList<SchemaChangesRecord, SchemaChangeSortKey> => ({
      async read(range) {
        const where = conditions(workspaceId, filter);
        const text = walk({ columns: changeColumns, from, where }, orderBy(range.sorting), range);
        return readRange<SchemaChangesRecord>(sql, { text, values: where.values, isPrepared: false }, range);
      },
      count: (atMost) =>
        countRows(sql, { from: 'schema_changes', where: conditions(workspaceId, filter) }, atMost, {
          isPrepared: false,
        }),
    }),

    get: ({ workspaceId, pipelineName, schemaName, versionHash }: SchemaVersionKey) =>
      sql.maybeOne<SchemaChangesRecord>(
        `select ${changeColumns} from ${from} where schema_changes.workspace_id = $1 and schema_changes.pipeline_name = $2
            and schema_changes.schema_name = $3 and schema_changes.version_hash = $4`,
        [workspaceId, pipelineName, schemaName, versionHash],
      ),

    /** For each of the runs that brought new versions of schemas, what they changed. Runs that brought none are left out. */
    async summarizeByRun(jobRunIds: readonly string[]): Promise<Map<string, RunSchemaChanges>> {
      const rows = await sql.prepared<RunSchemaChanges>(
        `select job_run_id as "jobRunId", count(*) filter (where base_hash is null)::int as "createdSchemaCount",
                coalesce(sum(change_count) filter (where base_hash is not null), 0)::int as "changeCount",
                (array_agg(changes->0 order by id) filter (where base_hash is not null))[1] as "firstChange"
           from schema_changes where job_run_id = any($1) group by job_run_id`,
        [jobRunIds],
      );
      return new Map(rows.map((row) => [row.jobRunId, row]));
    },

    /** When tables of pipelines last changed, by their newest 1,000 versions of schemas. */
    listTableChanges: (workspaceId: string, pipelineNames: readonly string[]) =>
      sql.query<TableChangeRecord>(
        `select pipeline_name as "pipelineName", schema_name as "schemaName", table_name as "tableName", max(created_at) as "changedAt"
           from (select pipeline_name, schema_name, changed_tables, created_at from schema_changes
                  where workspace_id = $1 and pipeline_name = any($2) order by created_at desc limit ${mostVersionsOfSchemas}) as newest
          cross join lateral unnest(changed_tables) as tables (table_name) group by 1, 2, 3`,
        [workspaceId, pipelineNames],
      ),

    /** New versions since an instant that changed a schema which was there, no further than `atMost`. */
    countSince: async (
      workspaceId: string,
      filter: SchemaChangeFilter,
      { since, atMost }: { since: Date; atMost: number },
    ): Promise<number> => {
      const where = conditions(workspaceId, filter);
      where.add('schema_changes.created_at >= ?', since);
      where.require('schema_changes.base_hash is not null');
      return countRows(sql, { from: 'schema_changes', where }, atMost, { isPrepared: false });
    },
  };
}
