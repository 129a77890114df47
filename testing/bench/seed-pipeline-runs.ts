import type { Database } from '@pumphouse/server/store/postgres/pool.ts';

/** Shape of the seeded history: this many runs, evenly spread, the newest of them now. */
export interface PipelineRunHistory {
  runCount: number;
  days: number;
  pipelineCount: number;
}

const batchSize = 50_000;

/**
 * Adds pipeline runs to a workspace, all for one existing attempt. Every third pipeline shares its dataset
 * with two others; one run in twenty failed; each run has the data of a small load.
 */
export async function seedPipelineRuns(
  database: Database,
  workspaceId: string,
  { runCount, days, pipelineCount }: PipelineRunHistory,
): Promise<void> {
  const attempt = await database.one<{ id: string; jobRunId: string }>(
    `select attempts.id, job_run_id as "jobRunId" from attempts join job_runs on job_runs.id = job_run_id
      where workspace_id = $1 limit 1`,
    [workspaceId],
  );
  for (let from = 0; from < runCount; from += batchSize) {
    const to = Math.min(from + batchSize, runCount) - 1;
    await database.execute(
      `insert into pipeline_runs (workspace_id, job_run_id, attempt_id, transaction_id, pipeline_name, dataset_name,
              destination_name, destination_type, status, started_at, finished_at, duration_ms, total_rows_extracted,
              total_rows_loaded, total_bytes_loaded, has_schema_migration, dlt_version, facts, trace_blob_key, created_at)
       select $1, $2, $3, 'seed-' || n, 'pipeline_' || pipeline, 'dataset_' || pipeline / 3,
              (array['duckdb', 'postgres', 'bigquery'])[1 + pipeline % 3], 'dlt.destinations', case when n % 20 = 7 then 'failed' else 'succeeded' end,
              at - interval '40 s', at, 1000 + n % 37000, n % 5000, n % 4900, (n % 4900) * 210, n % 500 = 3, '1.31.0', $4, 'seed', at
         from (select n, (n * 7919) % $5 as pipeline,
                      now() - interval '1 s' - ($6 - n) * ($7 * interval '1 day') / $8 as at
                 from generate_series($9::bigint, $10) as n) as seeded`,
      [
        workspaceId,
        attempt.jobRunId,
        attempt.id,
        seededDetails,
        pipelineCount,
        runCount,
        days,
        runCount,
        from,
        to,
      ],
    );
  }
  for (const table of ['pipeline_runs', 'pipeline_run_rollups', 'pipeline_run_hours'])
    await database.execute(`vacuum analyze ${table}`);
}

const seededDetails = {
  sourceNames: ['shop'],
  tables: ['orders', 'order_items', 'customers', 'payments'].map((tableName) => ({
    tableName,
    schemaName: 'shop',
    rowsExtracted: 1200,
    bytesExtracted: 250_000,
    rowsLoaded: 1200,
    bytesLoaded: 250_000,
    fileFormat: 'jsonl',
    loadJobState: 'completed',
    loadDurationMs: 812,
    writeDisposition: 'append',
  })),
};
