import type { Database, TextQueryable } from '@pumphouse/server/store/postgres/pool.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase } from '@pumphouse/server/store/postgres/pool.ts';
import { createMigrationSteps, listMigrationFiles, type PostgresConnection } from './migration-steps.ts';
import { silentLog } from '../fixtures/test-postgres.ts';
import { startEmbeddedPostgres } from '@pumphouse/server/store/postgres/embedded/embedded.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

/** A Postgres of its own with a long history. */
export interface SeededHistory {
  workspaceId: string;
  runs: number;
  database: Database;
  /** Of the database. */
  url: string;
  /** Starts a server on the history; its owner owns the workspace. */
  startServer(): Promise<TestServer>;
  remove(): Promise<void>;
}

export interface HistorySize {
  /** Runs, spread over a year. */
  runs: number;
  /** Assigned to every n-th run of each job, one each. */
  pipelineRuns: number;
  /** 200 by default. */
  jobs?: number;
}

export async function seedHistory(options: HistorySize): Promise<SeededHistory> {
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-bench-history-'));
  const embedded = await startEmbeddedPostgres({ dataDir: folder, log: silentLog });
  const { connection } = embedded;
  const url = `postgresql://${connection.user}@localhost/${connection.database}?host=${encodeURIComponent(connection.host)}&port=${connection.port}`;
  const database = createDatabase(connection, { statementTimeoutSeconds: 3600 });
  const servers: TestServer[] = [];
  const remove = async () => {
    for (const server of servers) await server.remove();
    await database.close();
    await embedded.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const workspaceId = await fillHistory({ connection, database, folder }, options);
    return {
      workspaceId,
      runs: options.runs,
      database,
      url,
      async startServer() {
        const server = await startTestServer({
          PUMPHOUSE_DATABASE_URL: url,
          PUMPHOUSE_ALLOW_UNISOLATED: '1',
        });
        servers.push(server);
        await database.execute(
          `with members as (
             insert into organization_memberships (organization_id, user_id, role)
             select workspaces.organization_id, users.id, 'owner' from workspaces cross join users
              where workspaces.id = $1 and users.kind = 'human'
             on conflict (organization_id, user_id) do update set role = excluded.role returning id)
           insert into workspace_memberships (workspace_id, membership_id, role) select $1, id, 'owner' from members`,
          [workspaceId],
        );
        return server;
      },
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * Fills an empty database with a long history: seeded with the schema of the first migration, then migrated to
 * the last.
 * @param postgres.folder for files of this function
 * @returns the id of its workspace
 */
export async function fillHistory(
  { connection, database, folder }: { connection: PostgresConnection; database: Database; folder: string },
  options: HistorySize,
): Promise<string> {
  const names = await listMigrationFiles();
  const steps = createMigrationSteps(connection, join(folder, 'migrations'));
  await steps.apply(names[0] ?? '');
  const workspaceId = await seedRows(database, options);
  for (const name of names.slice(1)) await steps.apply(name);
  // Autovacuum would do this within a minute: lists are measured on a settled database.
  for (const table of ['job_runs', 'pipeline_runs', 'jobs', 'attempts']) {
    await database.execute(`vacuum (analyze) ${table}`);
  }
  return workspaceId;
}

/**
 * Fills tables of runs with a history, over any schema from that of the first migration on.
 * @returns the id of its workspace
 */
export async function seedRows(
  database: Database,
  { runs, pipelineRuns, jobs = 200 }: HistorySize,
): Promise<string> {
  const workspaceId = await database.transaction(seedWorkspaceFixture);
  await database.transaction((tx) => seedJobs(tx, workspaceId, { runs, jobs }));
  await database.execute(seedRuns, [workspaceId, runs, jobs]);
  await database.execute(
    `insert into attempts (id, job_run_id, number, claim_number, executor, begun_at, log_sealed)
     select id, id, 1, 1, 'process', started_at, true from job_runs
      where workspace_id = $1 and number % $2 = 0`,
    [workspaceId, Math.max(1, Math.round(runs / pipelineRuns))],
  );
  await database.execute(seedPipelineRuns, [workspaceId]);
  return workspaceId;
}

async function seedWorkspaceFixture(sql: TextQueryable): Promise<string> {
  const { id } = await sql.one<{ id: string }>(
    `with organization as (insert into organizations (name, dataplane_id) values ('Bench', 'local') returning id)
     insert into workspaces (organization_id, name) select id, 'history' from organization returning id`,
  );
  const shared = `gen_random_uuid(), $1, 1, 'hash', 'sha', 'key', 1, 1`;
  await sql.execute(
    `insert into deployments (id, workspace_id, version, content_hash, archive_sha256, archive_key, file_count, size_bytes,
            requirements, has_embedded_database, requirements_size_bytes, files, created_by)
     values (${shared}, '{}', false, 2, '[]', $1)`,
    [id],
  );
  await sql.execute(
    `insert into configurations (id, workspace_id, version, content_hash, archive_sha256, archive_key, file_count, size_bytes,
            profiles, files, created_by)
     values (${shared}, '{prod}', '[]', $1)`,
    [id],
  );
  return id;
}

async function seedJobs(
  sql: TextQueryable,
  workspaceId: string,
  { runs, jobs }: { runs: number; jobs: number },
): Promise<void> {
  await sql.execute(
    `insert into jobs (id, workspace_id, job_ref, job_type, version, current_version_id, profile, triggers, default_trigger,
            last_run_number, created_by)
     select gen_random_uuid(), $1, 'jobs.shop.load_' || n, case when n % 10 = 0 then 'interactive' else 'batch' end, 1,
            gen_random_uuid(), 'prod', array['schedule:' || n % 60 || ' 6 * * *', 'tag:nightly'],
            'schedule:' || n % 60 || ' 6 * * *', $2 / ${jobs}, $1
       from generate_series(1, ${jobs}) as n`,
    [workspaceId, runs],
  );
  await sql.execute(
    `insert into job_versions (id, job_id, version, definition, definition_hash, engine_version, profile, created_by)
     select current_version_id, id, 1, json_build_object(
              'engine_version', 2, 'job_ref', job_ref, 'entry_point', json_build_object('module', 'shop', 'function',
              split_part(job_ref, '.', 3), 'job_type', job_type, 'launcher', 'dlt._workspace.deployment.launchers.job'),
              'triggers', to_json(triggers), 'default_trigger', default_trigger,
              'description', repeat('Loads the orders of a shop into its warehouse. ', 8),
              'execute', json_build_object('timeout', 3600, 'concurrency', 1),
              'require', json_build_object('instance', json_build_object('size', 'small'), 'timezone', 'UTC'),
              'expose', json_build_object('display_name', 'Load ' || split_part(job_ref, '_', 2), 'category', 'pipeline')),
            'hash', 2, 'prod', $1
       from jobs where workspace_id = $1`,
    [workspaceId],
  );
}

/** Most runs are scheduled under `prod` and complete; the rest are rare, like what users search for. */
const seedRuns = `
  insert into job_runs (workspace_id, job_id, job_version_id, deployment_id, configuration_id, number, status, trigger,
         trigger_kind, triggered_by, profile, claim_number, created_at, updated_at, started_at, finished_at)
  select $1::uuid, job.id, job.current_version_id, deployment.id, configuration.id, (n - 1) / $3::int + 1,
         case when n % 50 = 0 then 'failed' when n % 97 = 0 then 'cancelled' when n % 41 = 0 then 'skipped' else 'completed' end,
         case when n % 11 = 0 then 'manual:' when n % 101 = 0 then 'every:5m' else job.default_trigger end,
         case when n % 11 = 0 then 'manual' when n % 101 = 0 then 'every' else 'schedule' end,
         case when n % 11 = 0 then case when n % 110 = 0 then $1::uuid else job.id end end,
         case when n % 500 = 0 then 'dev' when n % 7 = 0 then 'access' else 'prod' end, 1,
         time.created, time.created, case when n % 41 <> 0 then time.created + interval '1 s' end,
         case when n % 41 = 0 then time.created
              else time.created + interval '1 s' + make_interval(secs => 5 + n % 600 + (n % 997) / 1000.0) end
    from generate_series(1, $2::int) as n
    cross join lateral (select now() - interval '1 year' * (1 - n::float8 / $2) as created) as time
    join (select *, row_number() over (order by job_ref) - 1 as place from jobs where workspace_id = $1) as job
      on job.place = (n - 1) % $3
    cross join (select id from deployments where workspace_id = $1) as deployment
    cross join (select id from configurations where workspace_id = $1) as configuration
   order by n`;

/** Each job runs one of two pipelines, and a few runs failed or loaded nothing. */
const seedPipelineRuns = `
  insert into pipeline_runs (workspace_id, job_run_id, attempt_id, transaction_id, pipeline_name, status, started_at,
         finished_at, duration_ms, destination_name, destination_type, dataset_name, total_rows_extracted, total_rows_loaded,
         total_bytes_loaded, has_schema_migration, is_empty_run, dlt_version, facts, trace_blob_key, created_at, updated_at)
  select run.workspace_id, run.id, run.id, run.id::text,
         case when run.job_id::text < '8' then 'orders' else 'stock' end,
         case when run.status = 'failed' then 'failed' else 'succeeded' end, run.started_at, run.finished_at,
         extract(epoch from run.finished_at - run.started_at) * 1000,
         case when run.number % 20 = 0 then 'postgres' else 'duckdb' end, 'dlt.destinations.duckdb',
         case when run.number % 50 = 0 then 'shop_test' else 'shop' end, size.rows, size.rows, size.rows * 80,
         run.number % 100 = 0, size.rows = 0, '1.31.0', '{"tables":[],"loadPackages":[],"resources":[]}', 'traces/none',
         run.finished_at, run.finished_at
    from attempts join job_runs as run on run.id = attempts.job_run_id
    cross join lateral (select case when run.number % 30 = 0 then 0 else run.number % 5000 end as rows) as size
   where run.workspace_id = $1
   order by run.created_at`;
