import type { JobRunRecord, PipelineRunHeadRecord } from '../../records.ts';
import type { TextQueryable } from '../pool.ts';
import { createHash } from 'node:crypto';

/** A job, reduced to what the lists use. */
export interface HistoryJob {
  id: string;
  ref: string;
  type: string;
  name: string | null;
  category: string | null;
  profile: string;
  triggers: string[];
  isArchived: boolean;
  isPaused: boolean;
  isStarred: boolean;
  nextTickAt: Date | null;
  createdAt: Date;
}

export type HistoryRun = Pick<
  JobRunRecord,
  | 'id'
  | 'jobId'
  | 'number'
  | 'status'
  | 'trigger'
  | 'triggerKind'
  | 'triggeredBy'
  | 'profile'
  | 'previousJobRunId'
  | 'deploymentId'
  | 'configurationId'
  | 'createdAt'
  | 'startedAt'
  | 'finishedAt'
>;

export type HistoryPipelineRun = Pick<
  PipelineRunHeadRecord,
  | 'id'
  | 'jobRunId'
  | 'pipelineName'
  | 'datasetName'
  | 'destinationName'
  | 'status'
  | 'createdAt'
  | 'startedAt'
  | 'finishedAt'
  | 'durationMs'
  | 'totalRowsLoaded'
  | 'totalBytesLoaded'
> & { isEmptyRun: boolean };

export interface History {
  workspaceId: string;
  /** Ids of code versions; configurations have the same ids. */
  packageIds: string[];
  jobs: HistoryJob[];
  runs: HistoryRun[];
  pipelineRuns: HistoryPipelineRun[];
}

export const people = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'];
export const profiles = ['prod', 'dev', 'access'];
export const triggers = ['manual:', 'schedule:0 6 * * *', 'schedule:0 7 * * *', 'every:5m'];
export const statuses = ['pending', 'running', 'completed', 'failed', 'cancelled', 'skipped'] as const;
export const pipelines = ['orders', 'order_items', 'stock'];
export const datasets = ['shop', 'orders_raw', null];
export const destinations = ['duckdb', 'postgres'];
const startMs = Date.parse('2026-03-01T00:00:00Z');

/** Returns whole numbers from 0 to below `bound`, the same for the same seed. */
export type Draw = (bound: number) => number;

export function createDraw(seed: number): Draw {
  let state = seed >>> 0;
  return (bound) => {
    // Mulberry32: small, and uniform enough for test data.
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}

const pick = <Value>(draw: Draw, values: readonly Value[]): Value => values[draw(values.length)] as Value;

/** Derives a UUID from a name, in no particular order. */
function idOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Draws from few distinct times, so that many rows are equal in their sort keys. */
const time = (draw: Draw, spread = 40) => new Date(startMs + draw(spread) * 21_599_999);

/** Generates rows of a workspace, with duplicates and nulls in all sort keys. They are not stored yet. */
export function drawHistory(
  workspaceId: string,
  seed: number,
  size: { jobs: number; runs: number; pipelineRuns: number },
): History {
  const draw = createDraw(seed);
  const jobs = Array.from({ length: size.jobs }, (_, index) =>
    drawJob(draw, `${workspaceId} job ${index}`, index),
  );
  const packageIds = [1, 2, 3].map((version) => idOf(`${workspaceId} package ${version}`));
  const numbers = new Map<string, number>();
  const runs: HistoryRun[] = [];
  for (let index = 0; index < size.runs; index += 1) {
    const job = pick(draw, jobs);
    const number = (numbers.get(job.id) ?? 0) + 1;
    numbers.set(job.id, number);
    runs.push(drawRun(draw, `${workspaceId} run ${index}`, { job, number, before: runs, packageIds }));
  }
  const pipelineRuns = Array.from({ length: size.pipelineRuns }, (_, index) =>
    drawPipelineRun(draw, `${workspaceId} pipeline run ${index}`, pick(draw, runs)),
  );
  return { workspaceId, packageIds, jobs, runs, pipelineRuns };
}

function drawJob(draw: Draw, name: string, index: number): HistoryJob {
  return {
    id: idOf(name),
    // The first job is the dashboard's, whose runs are hidden.
    ref: index === 0 ? 'jobs.workspace.dashboard' : `jobs.shop.load_${index}`,
    type: pick(draw, ['batch', 'batch', 'batch', 'interactive']),
    name: pick(draw, [null, `Load ${index % 3}`, 'Orders']),
    category: pick(draw, [null, 'pipeline', 'notebook']),
    profile: pick(draw, profiles),
    triggers: [pick(draw, ['manual:', 'schedule:0 6 * * *', 'tag:nightly']), 'pipeline_name:stock'].slice(
      0,
      1 + draw(2),
    ),
    isArchived: draw(3) === 0,
    isPaused: draw(3) === 0,
    isStarred: draw(3) === 0,
    nextTickAt: draw(3) === 0 ? null : time(draw, 6),
    createdAt: time(draw, 6),
  };
}

interface RunScope {
  job: HistoryJob;
  number: number;
  before: HistoryRun[];
  packageIds: string[];
}

function drawRun(draw: Draw, name: string, { job, number, before, packageIds }: RunScope): HistoryRun {
  const trigger = pick(draw, triggers);
  const startedAt = draw(4) === 0 ? null : time(draw);
  const isFinished = startedAt !== null && draw(4) > 0;
  return {
    id: idOf(name),
    jobId: job.id,
    number,
    status: pick(draw, statuses),
    trigger,
    triggerKind: trigger.slice(0, trigger.indexOf(':')),
    triggeredBy: pick(draw, [null, ...people]),
    profile: pick(draw, profiles),
    previousJobRunId: before.length > 0 && draw(5) === 0 ? pick(draw, before.slice(0, 5)).id : null,
    deploymentId: pick(draw, packageIds),
    configurationId: pick(draw, packageIds),
    createdAt: time(draw),
    startedAt,
    finishedAt: isFinished ? new Date(startedAt.getTime() + draw(6) * 1001) : null,
  };
}

function drawPipelineRun(draw: Draw, name: string, run: HistoryRun): HistoryPipelineRun {
  const startedAt = draw(4) === 0 ? null : time(draw);
  return {
    id: idOf(name),
    jobRunId: run.id,
    pipelineName: pick(draw, pipelines),
    datasetName: pick(draw, datasets),
    destinationName: pick(draw, destinations),
    status: pick(draw, ['succeeded', 'failed'] as const),
    createdAt: time(draw),
    startedAt,
    finishedAt: draw(4) === 0 ? null : time(draw),
    durationMs: draw(4) === 0 ? null : draw(8) * 0.1,
    totalRowsLoaded: draw(4),
    totalBytesLoaded: draw(1000),
    isEmptyRun: draw(3) === 0,
  };
}

/** Stores the rows; the workspace must exist. */
export async function storeHistory(sql: TextQueryable, history: History): Promise<void> {
  const { workspaceId, packageIds } = history;
  const shared = `'hash', 'sha', 'key', 1, 1`;
  await sql.execute(
    `insert into deployments (id, workspace_id, version, content_hash, archive_sha256, archive_key, file_count, size_bytes,
            requirements, has_embedded_database, requirements_size_bytes, files, created_by)
     select id, $2, version, ${shared}, '{}', false, 2, '[]', id from unnest($1::uuid[]) with ordinality as package (id, version)`,
    [packageIds, workspaceId],
  );
  await sql.execute(
    `insert into configurations (id, workspace_id, version, content_hash, archive_sha256, archive_key, file_count, size_bytes,
            profiles, files, created_by)
     select id, $2, version, ${shared}, '{prod}', '[]', id from unnest($1::uuid[]) with ordinality as package (id, version)`,
    [packageIds, workspaceId],
  );
  await storeJobs(sql, history);
  await storeRuns(sql, history);
  await storePipelineRuns(sql, history);
}

async function storeJobs(sql: TextQueryable, { workspaceId, jobs, runs }: History): Promise<void> {
  for (const job of jobs) {
    const versionId = idOf(`${job.id} version`);
    const definition = {
      engine_version: 2,
      job_ref: job.ref,
      entry_point: { module: 'm', function: 'f', job_type: job.type, launcher: 'dlt.launchers.job' },
      triggers: job.triggers,
      execute: {},
      expose: {
        ...(job.name === null ? {} : { display_name: job.name }),
        category: job.category,
        starred: job.isStarred,
      },
    };
    const lastNumber = runs.filter((run) => run.jobId === job.id).length;
    await sql.execute(
      `with inserted as (
         insert into jobs (id, workspace_id, job_ref, job_type, version, current_version_id, profile, triggers, is_archived,
                           is_paused, last_run_number, created_by, created_at)
         values ($1, $2, $3, $4, 1, $5, $6, $7, $8, $9, $10, $1, $11))
       insert into job_versions (id, job_id, version, definition, definition_hash, engine_version, profile, created_by)
       values ($5, $1, 1, $12, 'hash', 1, $6, $1)`,
      [
        job.id,
        workspaceId,
        job.ref,
        job.type,
        versionId,
        job.profile,
        job.triggers,
        job.isArchived,
        job.isPaused,
        lastNumber,
        job.createdAt,
        JSON.stringify(definition),
      ],
    );
    await sql.execute(
      `insert into schedules (job_id, trigger, time_zone, next_tick_at) values ($1, 'schedule:0 6 * * *', 'UTC', $2)`,
      [job.id, job.nextTickAt],
    );
  }
}

async function storeRuns(sql: TextQueryable, { workspaceId, runs }: History): Promise<void> {
  await sql.execute(
    `insert into job_runs (id, workspace_id, job_id, job_version_id, deployment_id, configuration_id, number, status, trigger,
            trigger_kind, triggered_by, profile, previous_job_run_id, created_at, started_at, finished_at)
     select run.id, $1, run."jobId", jobs.current_version_id, run."deploymentId", run."configurationId", run.number, run.status, run.trigger, run."triggerKind",
            run."triggeredBy", run.profile, run."previousJobRunId", run."createdAt", run."startedAt", run."finishedAt"
       from json_to_recordset($2) as run (id uuid, "jobId" uuid, number int, status text, trigger text, "triggerKind" text,
            "triggeredBy" uuid, profile text, "previousJobRunId" uuid, "deploymentId" uuid, "configurationId" uuid,
            "createdAt" timestamptz, "startedAt" timestamptz, "finishedAt" timestamptz)
       join jobs on jobs.id = run."jobId"`,
    [workspaceId, JSON.stringify(runs)],
  );
}

async function storePipelineRuns(
  sql: TextQueryable,
  { workspaceId, runs, pipelineRuns }: History,
): Promise<void> {
  await sql.execute(
    `insert into attempts (id, job_run_id, number, claim_number, executor)
     select id, id, 1, 1, 'fake' from unnest($1::uuid[]) as id`,
    [runs.map((run) => run.id)],
  );
  await sql.execute(
    `insert into pipeline_runs (id, workspace_id, job_run_id, attempt_id, transaction_id, pipeline_name, dataset_name,
            destination_name, status, created_at, started_at, finished_at, duration_ms, total_rows_loaded, total_bytes_loaded,
            is_empty_run, facts, trace_blob_key)
     select run.id, $1, run."jobRunId", run."jobRunId", run.id::text, run."pipelineName", run."datasetName", run."destinationName",
            run.status, run."createdAt", run."startedAt", run."finishedAt", run."durationMs", run."totalRowsLoaded",
            run."totalBytesLoaded", run."isEmptyRun", '{}', 'key'
       from json_to_recordset($2) as run (id uuid, "jobRunId" uuid, "pipelineName" text, "datasetName" text,
            "destinationName" text, status text, "createdAt" timestamptz, "startedAt" timestamptz, "finishedAt" timestamptz,
            "durationMs" float8, "totalRowsLoaded" bigint, "totalBytesLoaded" bigint, "isEmptyRun" boolean)`,
    [workspaceId, JSON.stringify(pipelineRuns)],
  );
}
