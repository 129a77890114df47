import type { Database } from '@pumphouse/server/store/postgres/pool.ts';
import type { Row } from './report.ts';
import type { TestServer } from '../fixtures/server.ts';
import { parseTrace } from '@pumphouse/server/telemetry/parse-trace.ts';
import { readCapturedBody } from '../fixtures/captured-bodies.ts';
import { seedHistory } from './seed-history.ts';
import { seedPipelineRuns } from './seed-pipeline-runs.ts';
import { seedSchemaHistory } from './seed-schema-history.ts';
import { summarize } from './samples.ts';

const pipelineCount = 100;
const schemas = { pipelineCount, versionCount: 100, tableCount: 50, columnCount: 20 };
const pipelineRunsOfRun = 10;
const goalMs = 50;

/**
 * Requests of the pages of pipelines, datasets and runs, over HTTP, compared with the smallest response of a
 * change list in the same round, which shows the minimum cost of a call.
 */
export async function measurePipelines(options: { runCount: number; rounds: number }): Promise<Row[]> {
  const seeded = await seedHistory({ runs: 200, pipelineRuns: 200 });
  try {
    const { database, workspaceId } = seeded;
    await seedPipelineRuns(database, workspaceId, { runCount: options.runCount, days: 730, pipelineCount });
    await seedSchemaHistory(database, workspaceId, schemas);
    const jobRunId = await seedRunWithPipelines(database, workspaceId);
    const server = await seeded.startServer();
    const { nothing, asked } = listQuestions(server, workspaceId, jobRunId);
    const rows: Row[] = [];
    for (const { name, ask } of asked) {
      const [own, beside]: [number[], number[]] = [[], []];
      await ask();
      for (let round = 0; round < options.rounds; round += 1) {
        own.push(await time(ask));
        beside.push(await time(nothing));
      }
      rows.push({
        name: `${options.runCount.toLocaleString('en')}: ${name}`,
        unit: 'ms',
        figure: summarize(own, { withP95: true }),
        baseline: { name: 'nothing to give', figure: summarize(beside) },
        goal: { of: 'p95', atMost: goalMs },
      });
    }
    return rows;
  } finally {
    await seeded.remove();
  }
}

function listQuestions({ client }: TestServer, workspaceId: string, jobRunId: string) {
  const params = { workspace_id: workspaceId };
  const changes = (query: { pipeline_name?: string[]; dataset_name?: string[]; job_id?: string[] }) => () =>
    client.call('list_schema_changes', { params, query });
  const pipeline = { ...params, pipeline_name: 'pipeline_7' };
  const version = { ...pipeline, schema_name: 'shop', version_hash: `hash ${schemas.versionCount}` };
  return {
    nothing: changes({ job_id: [workspaceId] }),
    asked: [
      { name: 'schema changes, the last 100', ask: changes({}) },
      { name: 'schema changes of 1 pipeline', ask: changes({ pipeline_name: ['pipeline_7'] }) },
      { name: 'schema changes of 1 dataset', ask: changes({ dataset_name: ['dataset_7'] }) },
      {
        name: 'a version of 1,000 columns',
        ask: () => client.call('get_schema_version', { params: version }),
      },
      { name: 'a pipeline', ask: () => client.call('get_pipeline_overview', { params: pipeline }) },
      {
        name: 'a dataset of 3 pipelines',
        ask: () => client.call('get_dataset_overview', { params: { ...params, dataset_name: 'dataset_7' } }),
      },
      { name: 'freshness of 100 pipelines', ask: () => client.call('list_pipeline_freshness', { params }) },
      {
        name: `the ${pipelineRunsOfRun} pipeline runs of a run`,
        ask: () => client.call('list_job_run_pipeline_runs', { params: { ...params, job_run_id: jobRunId } }),
      },
    ],
  };
}

/** A run with pipeline runs as dlt really reports them, in place of the seeded ones. */
async function seedRunWithPipelines(database: Database, workspaceId: string): Promise<string> {
  const parsed = parseTrace(readCapturedBody('ok/002-trace'));
  if (!parsed.ok) throw new Error(parsed.problem.detail);
  const { jobRunId } = await database.one<{ jobRunId: string }>(
    `with one as (
       select attempts.id, attempts.job_run_id from attempts join job_runs on job_runs.id = attempts.job_run_id
        where workspace_id = $1 and (select count(*) from pipeline_runs where attempt_id = attempts.id) < 2 limit 1
     ), gone as (
       delete from pipeline_runs using one where pipeline_runs.job_run_id = one.job_run_id
     ), reported as (
       insert into pipeline_runs (workspace_id, job_run_id, attempt_id, transaction_id, pipeline_name, status, facts, trace_blob_key)
       select $1, job_run_id, id, 'bench ' || n, 'bench_pipeline', 'succeeded', $2, 'seed' from one cross join generate_series(1, $3) as n
     )
     select job_run_id as "jobRunId" from one`,
    [workspaceId, parsed.details, pipelineRunsOfRun],
  );
  return jobRunId;
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
