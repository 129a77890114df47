import type { Database } from '@pumphouse/server/store/postgres/pool.ts';

/** How many schema versions each pipeline has had, and the size of the last one. */
export interface SchemaHistory {
  pipelineCount: number;
  versionCount: number;
  tableCount: number;
  columnCount: number;
}

/**
 * Adds schema versions to the pipelines created by `seedPipelineRuns`, with their changes: evenly spread over
 * two years, ten changes each. Only the last version of a schema has a document, because nothing reads the
 * others.
 */
export async function seedSchemaHistory(
  database: Database,
  workspaceId: string,
  { pipelineCount, versionCount, tableCount, columnCount }: SchemaHistory,
): Promise<void> {
  const document = createDocument(tableCount, columnCount);
  await database.execute(
    `insert into schema_versions (workspace_id, pipeline_name, schema_name, version_hash, version, previous_hashes, destination_name,
                                  dataset_name, document, created_at, last_seen_at, is_compared)
     select $1, 'pipeline_' || pipeline, 'shop', 'hash ' || n, n, '{}', 'duckdb', 'dataset_' || pipeline / 3,
            case when n = $3 then $4::json else '{}' end, at, at, true
       from generate_series(0, $2::int - 1) as pipeline cross join generate_series(1, $3::int) as n
      cross join lateral (select now() - ($3 - n) * interval '730 days' / $3 - pipeline * interval '1 minute' as at) as times`,
    [workspaceId, pipelineCount, versionCount, JSON.stringify(document)],
  );
  await database.execute(
    `insert into schema_changes (workspace_id, pipeline_name, schema_name, version_hash, version, base_hash, dataset_name, job_run_id,
                                 job_id, table_count, column_count, tables_added, tables_removed, columns_added, columns_removed,
                                 columns_changed, type_conflicts, change_count, changes, changed_tables, created_at)
     select versions.workspace_id, pipeline_name, schema_name, version_hash, version, 'hash ' || version - 1, dataset_name,
            newest.id, newest.job_id, $2, $3, 0, 0, 10, 0, 0, 0, 10, $4, array['table_' || version % $2], versions.created_at
       from schema_versions as versions
      cross join (select id, job_id from job_runs where workspace_id = $1 order by created_at desc limit 1) as newest
      where versions.workspace_id = $1 order by versions.created_at`,
    [workspaceId, tableCount, tableCount * columnCount, JSON.stringify(tenChanges)],
  );
  for (const table of ['schema_versions', 'schema_changes'])
    await database.execute(`vacuum analyze ${table}`);
}

const tenChanges = Array.from({ length: 10 }, (_, n) => ({
  kind: 'column_added',
  table: 'orders',
  column: `discount_code_${n}`,
  hint: null,
  before: null,
  after: 'text',
}));

function createDocument(tableCount: number, columnCount: number) {
  const columns = Object.fromEntries(
    Array.from({ length: columnCount }, (_, n) => [
      `column_${n}`,
      { name: `column_${n}`, data_type: 'text', nullable: true },
    ]),
  );
  const names = Array.from({ length: tableCount }, (_, n) => `table_${n}`);
  return {
    tables: Object.fromEntries(names.map((name) => [name, { name, write_disposition: 'append', columns }])),
  };
}
