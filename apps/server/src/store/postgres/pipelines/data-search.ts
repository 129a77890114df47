import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

/** Identifies a schema in a dataset. */
export interface DatasetSchemaKey {
  workspaceId: string;
  datasetName: string;
  pipelineName: string;
  schemaName: string;
}

/** The columns of a schema version; a column has the same index in both lists. */
export interface SchemaColumnNames {
  versionHash: string;
  tableNames: readonly string[];
  columnNames: readonly string[];
}

/** A dataset, table or column whose name matches a search. */
export interface FoundNameRecord {
  kind: 'dataset' | 'table' | 'column';
  datasetName: string;
  tableName: string | null;
  columnName: string | null;
  /** One of the pipelines whose schema has it. */
  pipelineName: string;
}

/** A search for names. */
export interface NameSearch {
  /** In lower case. All must be part of `dataset.table.column`, and one of them of the name itself. */
  words: readonly string[];
  limit: number;
  /** Maximum schemas and columns that are searched. */
  maxSchemas: number;
  maxColumns: number;
}

/** Maximum matches that are ranked. A table counts once for each pipeline that writes it. */
const maxRanked = 1000;

const isSchema = `workspace_id = :workspaceId and dataset_name = :datasetName and pipeline_name = :pipelineName
  and schema_name = :schemaName`;

export type DataSearchStore = ReturnType<typeof createDataSearchStore>;

/** Searches the names of datasets, tables and columns, and stores the columns for it. */
export function createDataSearchStore(sql: Queryable) {
  return {
    /** Lists the names that a workspace shows: of jobs, pipelines, datasets, schemas and tables, at most `limit`. */
    listOwnNames: async (workspaceId: string, limit: number): Promise<string[]> =>
      (
        await sql.prepared<{ name: string }>(
          named(
            `(select name from workspaces where id = :workspaceId
              union select job_ref from jobs where workspace_id = :workspaceId
              union select pipeline_name from job_pipelines where workspace_id = :workspaceId
              union select dataset_name from job_pipelines where workspace_id = :workspaceId
              union select dataset_name from dataset_schemas where workspace_id = :workspaceId
              union select schema_name from dataset_schemas where workspace_id = :workspaceId
              union select unnest(table_names) from dataset_schemas where workspace_id = :workspaceId) limit :limit`,
            { workspaceId, limit },
          ),
        )
      ).map(({ name }) => name),

    /** Lists the names of columns that a workspace shows, at most `limit`. */
    listColumnNames: async (workspaceId: string, limit: number): Promise<string[]> =>
      (
        await sql.prepared<{ name: string }>(
          named(
            'select distinct unnest(column_names) as name from dataset_schemas where workspace_id = :workspaceId limit :limit',
            { workspaceId, limit },
          ),
        )
      ).map(({ name }) => name),

    /** Whether the stored columns of a schema are those of another version. */
    needsColumns: async (key: DatasetSchemaKey, versionHash: string): Promise<boolean> =>
      (
        await sql.prepared<{ isOther: boolean }>(
          named(
            `select columns_version_hash is distinct from :versionHash as "isOther" from dataset_schemas where ${isSchema}`,
            { ...key, versionHash },
          ),
        )
      ).some(({ isOther }) => isOther),

    setColumns: (key: DatasetSchemaKey, columns: SchemaColumnNames) =>
      sql.execute(
        named(
          `update dataset_schemas set column_tables = :tableNames, column_names = :columnNames,
                  columns_version_hash = :versionHash
            where ${isSchema}`,
          { ...key, ...columns },
        ),
      ),

    /**
     * Locks the next schema whose columns were never stored, in the order of the keys; other servers skip it.
     * @param after the previous one; null for the first
     */
    lockWithoutColumns: (after: DatasetSchemaKey | null) =>
      sql.maybeOne<DatasetSchemaKey>(
        named(
          `select workspace_id as "workspaceId", dataset_name as "datasetName", pipeline_name as "pipelineName",
                  schema_name as "schemaName" from dataset_schemas
            where columns_version_hash is null
              and (:workspaceId::uuid is null
                   or (workspace_id, dataset_name, pipeline_name, schema_name)
                    > (:workspaceId::uuid, :datasetName::text, :pipelineName::text, :schemaName::text))
            order by workspace_id, dataset_name, pipeline_name, schema_name limit 1 for update skip locked`,
          after ?? { workspaceId: null, datasetName: null, pipelineName: null, schemaName: null },
        ),
      ),

    /**
     * Finds datasets, tables and columns of the last reported schemas: names that equal a word first, then
     * those that start with one; datasets before tables before columns, short names first.
     */
    search: (workspaceId: string, { words, limit, maxSchemas, maxColumns }: NameSearch) =>
      sql.query<FoundNameRecord>(
        named(
          `with schemas as (
             select *, sum(coalesce(cardinality(column_names), 0)) over (
                    order by dataset_name, pipeline_name, schema_name) as columns_until
               from (select dataset_name, pipeline_name, schema_name, table_names, column_tables, column_names
                       from dataset_schemas where workspace_id = :workspaceId
                      order by dataset_name, pipeline_name, schema_name limit :maxSchemas) as first
           ), named as (
             select 1 as place, 'dataset' as kind, dataset_name, null as table_name, null as column_name, pipeline_name,
                    lower(dataset_name) as name, lower(dataset_name) as path
               from schemas
             union all
             select 2, 'table', dataset_name, tables.name, null, pipeline_name,
                    lower(tables.name), lower(dataset_name || '.' || tables.name)
               from schemas cross join lateral unnest(table_names) as tables (name)
             union all
             select 3, 'column', dataset_name, columns.table_name, columns.name, pipeline_name,
                    lower(columns.name), lower(dataset_name || '.' || columns.table_name || '.' || columns.name)
               from schemas cross join lateral unnest(column_tables, column_names) as columns (table_name, name)
              where columns_until <= :maxColumns
           ), best as (
             select *, case when name = any(:words::text[]) then 1 when name like any(:prefixes::text[]) then 2 else 3 end as rank
               from named
              where name like any(:patterns::text[]) and (:isOneWord::boolean or path like all(:patterns::text[]))
              order by rank, place, length(name), name collate "C" limit ${maxRanked}
           )
           select kind, dataset_name as "datasetName", table_name as "tableName", column_name as "columnName",
                  min(pipeline_name) as "pipelineName"
             from best group by rank, place, kind, name, dataset_name, table_name, column_name
            order by rank, place, length(name), name collate "C", dataset_name, table_name, column_name limit :limit`,
          {
            workspaceId,
            words,
            isOneWord: words.length === 1,
            patterns: words.map((word) => `%${escapePattern(word)}%`),
            prefixes: words.map((word) => `${escapePattern(word)}%`),
            limit,
            maxSchemas,
            maxColumns,
          },
        ),
      ),
  };
}

/** Escapes the signs that `like` reads as patterns; `_` is in most names. */
const escapePattern = (text: string) => text.replaceAll(/[\\%_]/g, String.raw`\$&`);
