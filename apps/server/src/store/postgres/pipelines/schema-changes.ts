import type { Conditions } from '../statements/conditions.ts';
import type { ListOrder, RowList } from '../statements/keyset.ts';
import type { Queryable } from '../pool.ts';
import type { SchemaChange, SchemaChangeCounts } from '@pumphouse/contract';
import type { SchemaVersionKey } from './schema-versions.ts';
import type { Sorting } from '../statements/conditions.ts';
import { columns } from '../statements/columns.ts';
import { countRows, readRange, walk } from '../statements/keyset.ts';
import { createConditions } from '../statements/conditions.ts';
import { named } from '../statements/named.ts';

/** The changes of a schema version, as recorded when the version is stored. */
export interface NewSchemaChanges extends SchemaVersionKey {
  version: number | null;
  /** Null for the first stored version. */
  baseHash: string | null;
  datasetName: string | null;
  jobRunId: string | null;
  tableCount: number;
  columnCount: number;
  counts: SchemaChangeCounts;
  changeCount: number;
  /** Only the first ones. */
  changes: readonly SchemaChange[];
  changedTables: readonly string[];
  /** When the version was stored; null for now. */
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

/** The combined changes of all new schema versions that a job run reported. */
export interface RunSchemaChanges {
  jobRunId: string;
  /**
   * Number of first versions, which are not part of the changes: otherwise their tables would count as added.
   */
  createdSchemaCount: number;
  changeCount: number;
  /** Null if no existing schema changed. */
  firstChange: SchemaChange | null;
}

/** When a table of a schema last changed. */
export interface TableChangeRecord {
  pipelineName: string;
  schemaName: string;
  tableName: string;
  changedAt: Date;
}

/** Maximum number of versions to search for table changes. */
const maxVersionsOfSchemas = 1000;

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

/** Stores the changes of each schema version. A version has one row, for as long as it is kept. */
export function createSchemaChangeStore(sql: Queryable) {
  return {
    /** Does nothing for a version whose changes are recorded already. */
    add: (changes: NewSchemaChanges) =>
      sql.execute(
        named(
          `insert into schema_changes (workspace_id, pipeline_name, schema_name, version_hash, version, base_hash, dataset_name,
                  job_run_id, job_id, table_count, column_count, change_count, changes, changed_tables, created_at,
                  tables_added, tables_removed, columns_added, columns_removed, columns_changed, type_conflicts)
           values (:workspaceId, :pipelineName, :schemaName, :versionHash, :version, :baseHash, :datasetName,
                   :jobRunId, (select job_id from job_runs where job_runs.id = :jobRunId), :tableCount, :columnCount,
                          :changeCount,
                   :changes, :changedTables, coalesce(:createdAt, now()),
                   :tablesAdded, :tablesRemoved, :columnsAdded, :columnsRemoved, :columnsChanged, :typeConflicts)
           on conflict do nothing`,
          {
            ...changes,
            changes: JSON.stringify(changes.changes),
            tablesAdded: changes.counts.tables_added,
            tablesRemoved: changes.counts.tables_removed,
            columnsAdded: changes.counts.columns_added,
            columnsRemoved: changes.counts.columns_removed,
            columnsChanged: changes.counts.columns_changed,
            typeConflicts: changes.counts.type_conflicts,
          },
        ),
      ),

    /** Newest first unless sorted. */
    list: (
      workspaceId: string,
      filter: SchemaChangeFilter,
    ): RowList<SchemaChangesRecord, SchemaChangeSortKey> => ({
      async read(range) {
        const where = conditions(workspaceId, filter);
        const text = walk({ columns: changeColumns, from, where }, orderBy(range.sorting), range);
        return readRange<SchemaChangesRecord>(sql, { text, where, isPrepared: false }, range);
      },
      count: (atMost) =>
        countRows(sql, { from: 'schema_changes', where: conditions(workspaceId, filter) }, atMost, {
          isPrepared: false,
        }),
    }),

    get: ({ workspaceId, pipelineName, schemaName, versionHash }: SchemaVersionKey) =>
      sql.maybeOne<SchemaChangesRecord>(
        named(
          `select ${changeColumns} from ${from}
            where schema_changes.workspace_id = :workspaceId and schema_changes.pipeline_name = :pipelineName
            and schema_changes.schema_name = :schemaName and schema_changes.version_hash = :versionHash`,
          { workspaceId, pipelineName, schemaName, versionHash },
        ),
      ),

    /**
     * Summarizes, for each of the runs, the changes of the schema versions it reported. Runs without new
     * versions are omitted.
     */
    async summarizeByRun(jobRunIds: readonly string[]): Promise<Map<string, RunSchemaChanges>> {
      const rows = await sql.prepared<RunSchemaChanges>(
        named(
          `select job_run_id as "jobRunId", count(*) filter (where base_hash is null)::int as "createdSchemaCount",
                  coalesce(sum(change_count) filter (where base_hash is not null), 0)::int as "changeCount",
                  (array_agg(changes->0 order by id) filter (where base_hash is not null))[1] as "firstChange"
             from schema_changes where job_run_id = any(:jobRunIds) group by job_run_id`,
          { jobRunIds },
        ),
      );
      return new Map(rows.map((row) => [row.jobRunId, row]));
    },

    /** Lists when tables of pipelines last changed, from their newest 1,000 schema versions. */
    listTableChanges: (workspaceId: string, pipelineNames: readonly string[]) =>
      sql.query<TableChangeRecord>(
        named(
          `select pipeline_name as "pipelineName", schema_name as "schemaName", table_name as "tableName", max(created_at) as "changedAt"
             from (select pipeline_name, schema_name, changed_tables, created_at from schema_changes
                    where workspace_id = :workspaceId and pipeline_name = any(:pipelineNames)
                    order by created_at desc limit ${maxVersionsOfSchemas}) as newest
            cross join lateral unnest(changed_tables) as tables (table_name) group by 1, 2, 3`,
          { workspaceId, pipelineNames },
        ),
      ),

    /** Counts new versions since an instant that changed an existing schema, up to `atMost`. */
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
