/** Stores runs of the past as copies of real runs: what a server cannot do, because it has no other time than now. */
import type { Database, TextQueryable } from '@pumphouse/server/store/postgres/pool.ts';
import { randomUUID } from 'node:crypto';
import type { PastRun } from './history-shape.ts';

/** The real runs of a job, of which those in the past are copies. */
export type Models = Record<string, Partial<Record<PastRun['model'], string>>>;

/** Above the numbers of all real runs, until `numberRuns` has numbered all of them by time. */
const firstPastNumber = 1_000_000;
const batchSize = 500;

/** Adds the runs with their attempts and pipeline runs, and counts them in the usage of their days. */
export async function storePastRuns(
  database: Database,
  { workspaceId, models, runs }: { workspaceId: string; models: Models; runs: readonly PastRun[] },
): Promise<void> {
  const modelIds = Object.values(models).flatMap((ofJob) => Object.values(ofJob));
  const pipelineRuns = await readPipelineRuns(database, modelIds);
  const rows = runs.flatMap((run, index) => {
    const modelId = models[run.jobRef]?.[run.model];
    return modelId === undefined ? [] : [{ ...run, id: randomUUID(), modelId, n: firstPastNumber + index }];
  });
  for (let from = 0; from < rows.length; from += batchSize) {
    const batch = rows.slice(from, from + batchSize);
    await database.transaction(async (tx) => {
      await storeRuns(tx, batch);
      await storePipelineRuns(
        tx,
        batch.flatMap((row) => describePipelineRuns(row, pipelineRuns.get(row.modelId) ?? [])),
      );
    });
  }
  await database.execute(countUsage, [workspaceId]);
  await database.execute(noteFailures, [workspaceId]);
  await numberRuns(database, workspaceId);
  for (const table of ['job_runs', 'attempts', 'pipeline_runs', 'pipeline_run_rollups', 'pipeline_run_hours'])
    await database.execute(`vacuum analyze ${table}`);
}

type StoredRun = PastRun & { id: string; modelId: string; n: number };

async function storeRuns(sql: TextQueryable, batch: readonly StoredRun[]): Promise<void> {
  const past = `json_to_recordset($1) as past (id uuid, "modelId" uuid, n int, "tickAtMs" float8, "createdAtMs" float8,
                                              "startedAtMs" float8, "finishedAtMs" float8, "loadFactor" float8,
                                              usage jsonb)`;
  const time = (column: string) => `to_timestamp(past."${column}" / 1000)`;
  const json = JSON.stringify(batch);
  await sql.execute(
    `insert into job_runs (id, workspace_id, job_id, job_version_id, deployment_id, configuration_id, number, status, trigger,
                           trigger_kind, tick_at, profile, failure, reason, claim_number, created_at, updated_at, started_at,
                           finished_at)
     select past.id, model.workspace_id, model.job_id, model.job_version_id, model.deployment_id, model.configuration_id, past.n,
            model.status, jobs.triggers[1], split_part(jobs.triggers[1], ':', 1), ${time('tickAtMs')}, model.profile,
            model.failure, model.reason, 1, ${time('createdAtMs')}, ${time('finishedAtMs')}, ${time('startedAtMs')},
            ${time('finishedAtMs')}
       from ${past} join job_runs as model on model.id = past."modelId" join jobs on jobs.id = model.job_id`,
    [json],
  );
  await sql.execute(
    `insert into attempts (job_run_id, number, claim_number, executor, begun_at, log_sealed, exit, started_at, finished_at,
                           created_at, environment_key, failure, reason, environment_ready_at, resource_usage, cores,
                           memory_limit_bytes)
     select past.id, 1, 1, model.executor, ${time('startedAtMs')}, true, model.exit, ${time('startedAtMs')},
            ${time('finishedAtMs')}, ${time('createdAtMs')}, model.environment_key, model.failure, model.reason,
            ${time('createdAtMs')} + (${time('startedAtMs')} - ${time('createdAtMs')}) * 0.6, past.usage,
            model.cores, model.memory_limit_bytes
       from ${past} join attempts as model on model.job_run_id = past."modelId"
      where model.number = (select max(number) from attempts where job_run_id = past."modelId")`,
    [json],
  );
  // The end of an attempt counts its cost.
  await sql.execute('update attempts set closed_at = finished_at where job_run_id = any($1)', [
    batch.map(({ id }) => id),
  ]);
}

interface ModelPipelineRun {
  id: string;
  startedAtMs: number;
  facts: unknown;
}

async function readPipelineRuns(
  sql: TextQueryable,
  modelIds: readonly (string | undefined)[],
): Promise<Map<string, ModelPipelineRun[]>> {
  const rows = await sql.query<ModelPipelineRun & { jobRunId: string }>(
    `select id, job_run_id as "jobRunId", extract(epoch from started_at)::float8 * 1000 as "startedAtMs", facts
       from pipeline_runs where job_run_id = any($1)`,
    [modelIds],
  );
  return Map.groupBy(rows, ({ jobRunId }) => jobRunId);
}

/** A pipeline run of a past run: in the last four fifths of its time, with loads of its size. */
function describePipelineRuns(row: StoredRun, models: readonly ModelPipelineRun[]) {
  const startedAtMs = row.startedAtMs + (row.finishedAtMs - row.startedAtMs) / 5;
  return models.map((model) => ({
    jobRunId: row.id,
    modelId: model.id,
    transactionId: randomUUID(),
    startedAtMs,
    finishedAtMs: row.finishedAtMs,
    loadFactor: row.loadFactor,
    facts: varyDetails(model.facts, { loadFactor: row.loadFactor, laterMs: startedAtMs - model.startedAtMs }),
  }));
}

/** The facts of a pipeline run at another time and with another number of rows. */
function varyDetails(facts: unknown, change: { loadFactor: number; laterMs: number }): unknown {
  if (Array.isArray(facts)) return facts.map((fact) => varyDetails(fact, change));
  if (typeof facts === 'string')
    return /^\d{4}-\d\d-\d\dT\d\d:\d\d:/.test(facts)
      ? new Date(Date.parse(facts) + change.laterMs).toISOString()
      : facts;
  if (typeof facts !== 'object' || facts === null) return facts;
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      name,
      typeof value === 'number' && /^(rows|bytes)/.test(name)
        ? Math.round(value * change.loadFactor)
        : varyDetails(value, change),
    ]),
  );
}

async function storePipelineRuns(
  sql: TextQueryable,
  rows: readonly ReturnType<typeof describePipelineRuns>[number][],
): Promise<void> {
  await sql.execute(
    `insert into pipeline_runs (workspace_id, job_run_id, attempt_id, transaction_id, pipeline_name, status, started_at,
                                finished_at, duration_ms, destination_name, destination_type, dataset_name, total_rows_extracted,
                                total_rows_loaded, total_bytes_loaded, error_step, error_message, is_empty_run, dlt_version,
                                facts, trace_blob_key, created_at, updated_at, trace_removed_at, table_count)
     select model.workspace_id, past."jobRunId", attempts.id, past."transactionId", model.pipeline_name, model.status,
            to_timestamp(past."startedAtMs" / 1000), to_timestamp(past."finishedAtMs" / 1000),
            past."finishedAtMs" - past."startedAtMs", model.destination_name, model.destination_type, model.dataset_name,
            round(model.total_rows_extracted * past."loadFactor"), round(model.total_rows_loaded * past."loadFactor"),
            round(model.total_bytes_loaded * past."loadFactor"), model.error_step, model.error_message, model.is_empty_run,
            model.dlt_version, past.facts, model.trace_blob_key, to_timestamp(past."finishedAtMs" / 1000),
            to_timestamp(past."finishedAtMs" / 1000), now(), model.table_count
       from json_to_recordset($1) as past ("jobRunId" uuid, "modelId" uuid, "transactionId" text, "startedAtMs" float8,
                                           "finishedAtMs" float8, "loadFactor" float8, facts json)
       join pipeline_runs as model on model.id = past."modelId"
       join attempts on attempts.job_run_id = past."jobRunId"`,
    [JSON.stringify(rows)],
  );
}

const countUsage = `
  insert into usage_days as kept (job_id, workspace_id, day, completed_count, failed_count, cancelled_count, run_ms)
  select job_id, workspace_id, (finished_at at time zone 'UTC')::date, count(*) filter (where status = 'completed'),
         count(*) filter (where status = 'failed'), 0, sum(round(extract(epoch from finished_at - started_at) * 1000))
    from job_runs where workspace_id = $1 and number >= ${firstPastNumber}
   group by 1, 2, 3
  on conflict (job_id, day) do update set completed_count = kept.completed_count + excluded.completed_count,
         failed_count = kept.failed_count + excluded.failed_count, run_ms = kept.run_ms + excluded.run_ms`;

/** A job that fails now has failed since its first failure after its last success. */
const noteFailures = `
  update jobs set failure_count = failures.count, failing_since_run_id = failures.id, failing_since_at = failures.at
    from (select job_id, count(*), (array_agg(id order by created_at))[1] as id, min(finished_at) as at
            from job_runs as runs
           where workspace_id = $1 and status = 'failed'
             and created_at > (select max(created_at) from job_runs where job_id = runs.job_id and status = 'completed')
           group by job_id) as failures
   where jobs.id = failures.job_id`;

async function numberRuns(database: Database, workspaceId: string): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.execute('update job_runs set number = number + 10000000 where workspace_id = $1', [workspaceId]);
    await tx.execute(
      `update job_runs set number = numbered.number
         from (select id, row_number() over (partition by job_id order by created_at) as number
                 from job_runs where workspace_id = $1) as numbered
        where job_runs.id = numbered.id`,
      [workspaceId],
    );
    await tx.execute(
      `update jobs set last_run_number = (select max(number) from job_runs where job_id = jobs.id),
              failing_since_number = (select number from job_runs where id = failing_since_run_id)
        where workspace_id = $1 and exists (select from job_runs where job_id = jobs.id)`,
      [workspaceId],
    );
  });
}

/** Moves real runs, with what they loaded, into the past. */
export async function ageRuns(
  sql: TextQueryable,
  jobRunIds: readonly string[],
  seconds: number,
): Promise<void> {
  const move = (columns: string[]) =>
    columns.map((column) => `${column} = ${column} - make_interval(secs => $2)`).join(', ');
  const values = [jobRunIds, seconds];
  const times = ['created_at', 'started_at', 'finished_at'];
  const moved = {
    pipeline_runs: times,
    schema_versions: ['created_at'],
    schema_changes: ['created_at'],
    attempts: [...times, 'begun_at', 'closed_at', 'environment_ready_at'],
  };
  for (const [table, columns] of Object.entries(moved))
    await sql.execute(`update ${table} set ${move(columns)} where job_run_id = any($1)`, values);
  await sql.execute(`update job_runs set ${move(times)} where id = any($1)`, values);
}

/** Gives a real run, with what it loaded, the times of one in the past. */
export async function placeRun(
  sql: TextQueryable,
  jobRunId: string,
  { createdAtMs, startedAtMs, finishedAtMs }: Pick<PastRun, 'createdAtMs' | 'startedAtMs' | 'finishedAtMs'>,
): Promise<void> {
  const [started, finished, created] = ['$2', '$3', '$4'].map((at) => `to_timestamp(${at}::float8 / 1000)`);
  const values = [jobRunId, startedAtMs, finishedAtMs, createdAtMs];
  const times = `created_at = ${created}, started_at = ${started}, finished_at = ${finished}`;
  await sql.execute(
    `update pipeline_runs set created_at = ${finished}, started_at = ${started}, finished_at = ${finished},
            duration_ms = extract(epoch from ${finished} - ${started}) * 1000 where job_run_id = $1`,
    values.slice(0, 3),
  );
  await sql.execute(
    `update attempts set ${times}, begun_at = ${started}, environment_ready_at = ${started}, closed_at = ${finished}
      where job_run_id = $1`,
    values,
  );
  await sql.execute(`update job_runs set ${times} where id = $1`, values);
}

/** Dates the first versions of code and configuration, and the jobs. */
export async function dateVersions(
  sql: TextQueryable,
  workspaceId: string,
  daysAgo: readonly number[],
): Promise<void> {
  for (const table of ['deployments', 'configurations'])
    await sql.execute(
      `update ${table} set created_at = now() - make_interval(days => version_days.days)
         from unnest($2::int[]) with ordinality as version_days (days, version)
        where workspace_id = $1 and ${table}.version = version_days.version`,
      [workspaceId, daysAgo],
    );
  await sql.execute(
    `update jobs set created_at = now() - make_interval(days => $2) where workspace_id = $1`,
    [workspaceId, daysAgo[0]],
  );
}
