import type { OlderRequest, OlderRoute } from './route.ts';
import {
  jobType,
  queryBoolean,
  queryList,
  queryText,
  queryTimestamp,
  runMode,
  runStatus,
} from '@pumphouse/contract';
import { z } from 'zod';
import { findScript } from './find-script.ts';
import { get, parseBody, parseQuery, post, workspaceOf } from './route.ts';
import { pageQuery, toOlderPage } from './pages.ts';
import { ServiceError } from '../platform/service-error.ts';
import { showAwaitedStatus } from './awaited-status.ts';
import { toDetailedRun } from './run-serializers.ts';

const runQuery = pageQuery.extend({
  script_id: queryText.optional(),
  status: queryList(runStatus).optional(),
  script_type: queryList(jobType).optional(),
  start: queryTimestamp.optional(),
  end: queryTimestamp.optional(),
  tz: queryText.optional(),
  include_system_runs: queryBoolean.optional(),
});

/** Releases before 0.25 name the job `script_id_or_name_or_secret`, and send no trigger. */
const createdRun = z.object({
  script_id_or_name_or_secret: z.string().optional(),
  script_id_or_ref_or_secret: z.string().optional(),
  trigger: z.string().nullish(),
  mode: runMode.optional(),
  profile: z.string().nullish(),
  refresh: z.boolean().default(false),
  skip_freshness: z.boolean().default(false),
});
const cancelledRuns = z.object({ job_refs: z.array(z.string()), dry_run: z.boolean().default(false) });

const activeStatuses = ['pending', 'starting', 'running'] as const;

async function listRuns(request: OlderRequest) {
  const page = await request.call('list_job_runs', await readRunQuery(request));
  return toOlderPage(page, (run) => toDetailedRun(run, request.release));
}

async function readRunQuery(request: OlderRequest) {
  const given = parseQuery(runQuery, request);
  const { script_id, script_type, include_system_runs, tz, ...query } = given;
  const job = script_id === undefined ? undefined : await findScript(request, script_id);
  return {
    params: workspaceOf(request),
    query: {
      ...query,
      ...(job && { job_id: job.id }),
      ...(script_type && { job_type: script_type }),
      ...(tz !== undefined && { timezone: tz }),
      ...(include_system_runs !== undefined && { include_system_job_runs: include_system_runs }),
    },
  };
}

async function readLatestRun(request: OlderRequest) {
  const { params, query } = await readRunQuery(request);
  const { items } = await request.call('list_job_runs', { params, query: { ...query, limit: 1, offset: 0 } });
  const [latest] = items;
  if (!latest) throw new ServiceError('not_found', 'There are no runs yet.');
  return toDetailedRun(latest, request.release);
}

async function createRun(request: OlderRequest) {
  const posted = parseBody(createdRun, request);
  const named = posted.script_id_or_ref_or_secret ?? posted.script_id_or_name_or_secret;
  if (named === undefined)
    throw new ServiceError('invalid_request', 'Name the job as script_id_or_ref_or_secret.');
  const job = await findScript(request, named);
  const run = await request.call('create_job_run', {
    params: workspaceOf(request),
    body: {
      job_id: job.id,
      // The default trigger of a scheduled job would be rejected while its interval is covered.
      trigger: posted.trigger ?? `manual:${job.job_ref}`,
      profile: posted.profile ?? null,
      refresh: posted.refresh,
      skip_freshness: posted.skip_freshness,
      ...(posted.mode && { mode: posted.mode }),
    },
  });
  return toDetailedRun(run, request.release);
}

export function runOf(request: OlderRequest) {
  return { ...workspaceOf(request), job_run_id: request.params['run_id'] ?? '' };
}

async function readRun(request: OlderRequest) {
  const run = await request.call('get_job_run', { params: runOf(request) });
  const status = await showAwaitedStatus(request, run);
  return { ...toDetailedRun(run, request.release), status };
}

async function cancelRun(request: OlderRequest) {
  return toDetailedRun(await request.call('cancel_job_run', { params: runOf(request) }), request.release);
}

/** Cancels the active runs of jobs. */
async function cancelRuns(request: OlderRequest) {
  const { job_refs, dry_run } = parseBody(cancelledRuns, request);
  const { call } = request;
  const params = workspaceOf(request);
  const cancelled: object[] = [];
  const idle: string[] = [];
  for (const ref of new Set(job_refs)) {
    const job = await findScript(request, ref);
    const query = { job_id: job.id, status: [...activeStatuses], limit: 1000 };
    const { items } = await call('list_job_runs', { params, query });
    const body = { job_run_ids: items.map(({ id }) => id), dry_run };
    const { succeeded } = await call('cancel_job_runs', { params, body });
    if (succeeded.length === 0) idle.push(ref);
    cancelled.push(
      ...succeeded.map((run) => ({
        job_ref: run.job_ref,
        run_id: run.job_run_id,
        run_number: run.job_run_number,
        previous_status: run.previous_status,
      })),
    );
  }
  return { cancelled, not_running: idle };
}

/** Job runs. */
export const runRoutes: readonly OlderRoute[] = [
  get('/workspaces/:workspace_id/runs', listRuns),
  post('/workspaces/:workspace_id/runs', createRun),
  post('/workspaces/:workspace_id/runs/cancel', cancelRuns),
  get('/workspaces/:workspace_id/runs/latest', readLatestRun),
  get('/workspaces/:workspace_id/runs/:run_id', readRun),
  post('/workspaces/:workspace_id/runs/:run_id/cancel', cancelRun),
];
