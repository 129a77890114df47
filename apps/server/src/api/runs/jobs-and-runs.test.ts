import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import type { JsonOperationId, RouteResponse } from '@pumphouse/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { readAnswer } from '../testing/check-answer.ts';

let api: ApiFixture;
let context: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;
let base: string;
/** Job ids by ref: load has finished, report is running, and the dashboard is a system job. */
let jobIds: Map<string, string>;
let loadRunId: string;
let reportRunId: string;

const definitions = [
  defineJob('jobs.etl.load', {
    triggers: ['schedule:0 6 * * *'],
    expose: { display_name: 'Orders', tags: ['nightly'], category: 'pipeline' },
    deliver: { pipeline_name: 'orders' },
    interval: { start: '2026-01-01T00:00:00', end: '2027-01-01T00:00:00Z' },
    require: { timezone: 'Europe/Berlin', instance: { size: 'small' } },
    x_unknown: { kept: [1, null] },
  }),
  defineJob('jobs.etl.report', { triggers: ['job.success:jobs.etl.load'], execute: { timeout: null } }),
  defineJob('jobs.workspace.dashboard', { jobType: 'interactive', triggers: ['http:'] }),
];

beforeAll(async () => {
  api = await createApiFixture();
  context = await api.createWorkspaceFixture();
  base = `/api/v1/workspaces/${context.workspace.id}`;
  await api.createPackages(context.workspace.id, context.owner.membershipId);
  const receipt = await post('deploy_workspace', `${base}/-deploy`, {
    job_definition_engine_version: 2,
    job_definition_hash: 'x',
    jobs: definitions,
    deployment_module: '__deployment__',
  });
  jobIds = new Map(receipt.job_receipt.succeeded.map(({ job }) => [job.job_ref, job.id]));
  loadRunId = await trigger('jobs.etl.load');
  reportRunId = await trigger('jobs.etl.report');
  const finishedAt = new Date();
  const startedAt = new Date(finishedAt.getTime() - 90_000);
  await api.setRun(loadRunId, { status: 'completed', startedAt, finishedAt });
  await api.setRun(reportRunId, { status: 'running', startedAt: new Date(), previousJobRunId: loadRunId });
});
afterAll(() => api.close());

function headers(caller: TestCaller = context.owner) {
  return { authorization: `Bearer ${caller.key}` };
}

async function get<Id extends JsonOperationId>(id: Id, url: string): Promise<RouteResponse<Id>> {
  return readAnswer(id, await api.app.inject({ url, headers: headers() }));
}

async function post<Id extends JsonOperationId>(
  id: Id,
  url: string,
  payload: object,
): Promise<RouteResponse<Id>> {
  return readAnswer(id, await api.app.inject({ method: 'POST', url, headers: headers(), payload }));
}

async function trigger(ref: string): Promise<string> {
  const { succeeded } = await post('trigger_jobs', `${base}/jobs/-trigger`, { job_ids: [jobIds.get(ref)] });
  return succeeded[0]?.job_run_id ?? '';
}

describe('deploy_workspace', () => {
  it('sorts jobs by what happened to them, and stores nothing in a dry run', async () => {
    const request = (jobs: object[]) => ({
      job_definition_engine_version: 2,
      job_definition_hash: 'x',
      jobs,
      deployment_module: '__deployment__',
      dry_run: true,
    });
    const [load, ...others] = definitions;
    const jobs = [{ ...load, description: 'Changed.' }, ...others.slice(1), defineJob('jobs.etl.extra')];
    const { job_receipt: receipt } = await post('deploy_workspace', `${base}/-deploy`, request(jobs));
    expect(receipt.succeeded.map(({ job, outcome }) => [job.job_ref, outcome])).toEqual([
      ['jobs.etl.extra', 'created'],
      ['jobs.etl.load', 'updated'],
      ['jobs.etl.report', 'archived'],
    ]);
    expect(receipt.skipped.map(({ job, outcome }) => [job.job_ref, outcome])).toEqual([
      ['jobs.workspace.dashboard', 'unchanged'],
    ]);
    expect(receipt.succeeded[1]?.previous_version?.version).toBe(1);
    const listed = await get('list_jobs', `${base}/jobs`);
    expect(listed.items.map((job) => [job.job_ref, job.version, job.is_archived])).toContainEqual([
      'jobs.etl.load',
      1,
      false,
    ]);
    expect(listed.total).toBe(3);
  });
});

describe('jobs', () => {
  it("return the definition unchanged, and derive the contract's fields from it", async () => {
    const job = await get('get_job', `${base}/jobs/${jobIds.get('jobs.etl.load')}`);
    expect(JSON.stringify(job.job_definition)).toBe(JSON.stringify(definitions[0]));
    expect(job).toMatchObject({
      name: 'Orders',
      profile: 'prod',
      pipeline_name: 'orders',
      triggers: ['schedule:0 6 * * *', 'tag:nightly', 'manual:jobs.etl.load', 'pipeline_name:orders'],
      default_trigger: 'schedule:0 6 * * *',
      interval_start: '2025-12-31T23:00:00.000Z',
      interval_end: '2027-01-01T00:00:00.000Z',
      created_by: context.owner.membershipId,
      recent_job_runs: null,
      current_version: { version: 1, max_run_time_seconds: 7200, provider: 'local', instance_size: 'small' },
      latest_job_run: { id: loadRunId, status: 'completed', duration_seconds: 90 },
    });
  });

  it('return 0 for no time limit', async () => {
    const job = await get('get_job', `${base}/jobs/${jobIds.get('jobs.etl.report')}`);
    expect(job.current_version?.max_run_time_seconds).toBe(0);
  });

  it.each([
    ['ref=jobs.etl.load', ['jobs.etl.load']],
    ['ref=jobs.etl', []],
    ['q=ORDER', ['jobs.etl.load']],
    ['q=etl', ['jobs.etl.load', 'jobs.etl.report']],
    ['job_type=interactive', ['jobs.workspace.dashboard']],
    ['is_archived=true', []],
    ['is_paused=false&job_type=batch&job_type=stream', ['jobs.etl.load', 'jobs.etl.report']],
    ['profile=prod&profile=access&ref=jobs.etl.report', ['jobs.etl.report']],
    ['pipeline_name=orders', ['jobs.etl.load']],
    ['tags=nightly', ['jobs.etl.load']],
    ['status=running', ['jobs.etl.report']],
    ['status=completed&status=failed', ['jobs.etl.load']],
    ['trigger_kind=schedule', ['jobs.etl.load']],
    ['trigger_kind=job.success', ['jobs.etl.report']],
    ['is_self_firing=false', []],
    ['is_self_firing=true&job_type=batch', ['jobs.etl.load', 'jobs.etl.report']],
    ['category=pipeline', ['jobs.etl.load']],
    ['exclude_category=pipeline&job_type=batch', ['jobs.etl.report']],
  ])('are filtered by %s', async (query, refs) => {
    const { items, total } = await get('list_jobs', `${base}/jobs?${query}`);
    expect(items.map((job) => job.job_ref).toSorted()).toEqual(refs);
    expect(total).toBe(refs.length);
  });

  it.each([
    ['sort=name&order=asc', ['jobs.etl.report', 'jobs.workspace.dashboard', 'jobs.etl.load']],
    ['sort=name&order=desc', ['jobs.etl.load', 'jobs.workspace.dashboard', 'jobs.etl.report']],
    ['sort=last_run_ended_at&order=asc&limit=1', ['jobs.etl.load']],
    ['sort=last_run_at&order=desc', ['jobs.etl.report', 'jobs.etl.load', 'jobs.workspace.dashboard']],
  ])('are sorted by %s', async (query, refs) => {
    const { items } = await get('list_jobs', `${base}/jobs?${query}`);
    expect(items.map((job) => job.job_ref)).toEqual(refs);
  });

  it('count all matching jobs, regardless of the page', async () => {
    for (const [limit, offset, count] of [
      [1, 0, 1],
      [2, 2, 1],
      [3, 0, 3],
      [1, 3, 0],
      [1000, 0, 3],
    ] as const) {
      const page = await get('list_jobs', `${base}/jobs?limit=${limit}&offset=${offset}`);
      expect({ count: page.items.length, ...page, items: [] }).toEqual({
        count,
        items: [],
        limit,
        offset,
        total: 3,
        next_cursor: offset + count < 3 && count > 0 ? expect.any(String) : null,
      });
    }
  });

  it('list runs of a single job', async () => {
    const query = 'recent_job_runs_limit=5&downstream_job_runs_limit=5&ref=jobs.etl.load';
    const { items } = await get('list_jobs', `${base}/jobs?${query}`);
    expect(items[0]).toMatchObject({
      recent_job_runs: [{ id: loadRunId, duration_seconds: 90, rows_loaded: null }],
      downstream_job_runs: [
        { id: reportRunId, job_ref: 'jobs.etl.report', name: 'jobs.etl.report', category: null },
      ],
    });
  });
});

describe('job runs', () => {
  it('are newest first, with their job and version', async () => {
    const { items, total } = await get('list_job_runs', `${base}/job-runs`);
    expect(items.map((run) => run.id)).toEqual([reportRunId, loadRunId]);
    expect(total).toBe(2);
    expect(items[1]).toMatchObject({
      number: 1,
      trigger: 'schedule:0 6 * * *',
      triggered_by: context.owner.membershipId,
      logs_url: `http://localhost:80/logs/v1/workspaces/${context.workspace.id}/job-runs/${loadRunId}/logs`,
      pipeline_run_summaries: [],
      job: { job_ref: 'jobs.etl.load' },
      job_version: { version: 1, job_ref: 'jobs.etl.load' },
    });
    expect(items[0]?.duration_seconds).toBeNull();
  });

  it.each([
    ['status=running', ['report']],
    ['status=completed&status=running', ['report', 'load']],
    ['number=1', ['report', 'load']],
    ['number=2', []],
    ['q=orders', ['load']],
    ['q=1', ['report', 'load']],
    ['q=REPORT', ['report']],
    ['job_type=batch', ['report', 'load']],
    ['job_type=stream', []],
    ['trigger=schedule:0 6 * * *', ['load']],
    ['trigger_kind=schedule', ['load']],
    ['profile=prod', ['report', 'load']],
    ['profile=other', []],
    ['min_duration_seconds=89.5', ['load']],
    ['max_duration_seconds=10', []],
    ['start=2020-01-01T00:00:00', ['report', 'load']],
    ['end=2020-01-01T00:00:00', []],
    ['start=2020-01-01T00:00:00%2B02:00&timezone=Europe/Berlin', ['report', 'load']],
  ])('are filtered by %s', async (query, names) => {
    const { items, total } = await get('list_job_runs', `${base}/job-runs?${query}`);
    expect(items.map((run) => run.job.job_ref)).toEqual(names.map((name) => `jobs.etl.${name}`));
    expect(total).toBe(names.length);
  });

  it('are filtered by starter and by upstream run', async () => {
    const { owner } = context;
    const mine = await get('list_job_runs', `${base}/job-runs?triggered_by=${owner.membershipId}`);
    expect(mine.total).toBe(2);
    const theirs = await get('list_job_runs', `${base}/job-runs?triggered_by=${owner.userId}`);
    expect(theirs.total).toBe(0);
    const after = await get('list_job_runs', `${base}/job-runs?previous_job_run_id=${loadRunId}`);
    expect(after.items.map((run) => run.id)).toEqual([reportRunId]);
  });

  it.each([
    ['sort=number&order=asc&sort=started_at&order=asc', ['load', 'report']],
    ['sort=duration_seconds&order=desc', ['load', 'report']],
    ['sort=finished_at&order=asc', ['load', 'report']],
    ['sort=started_at&order=desc', ['report', 'load']],
    ['sort=created_at&order=asc', ['load', 'report']],
  ])('are sorted by %s', async (query, names) => {
    const { items } = await get('list_job_runs', `${base}/job-runs?${query}`);
    expect(items.map((run) => run.job.job_ref)).toEqual(names.map((name) => `jobs.etl.${name}`));
  });

  it('reject an invalid time zone', async () => {
    const url = `${base}/job-runs?timezone=Mars/Olympus`;
    expect((await api.app.inject({ url, headers: headers() })).json()).toMatchObject({
      code: 'invalid_request',
      extra: [{ key: 'timezone' }],
    });
  });

  it('of the dashboard are hidden by default', async () => {
    const other = await api.createWorkspaceFixture();
    const { workspace, owner } = other;
    const { deployment, configuration } = await api.createPackages(workspace.id, owner.membershipId);
    const { jobs } = await api.services.deploy({
      workspaceId: workspace.id,
      membershipId: owner.membershipId,
      jobs: definitions.slice(2),
      deploymentModule: null,
      dryRun: false,
    });
    const job = jobs[0]?.job;
    await api.persistence.store.jobRuns.insert({
      workspaceId: workspace.id,
      jobId: job?.id ?? '',
      jobVersionId: job?.currentVersionId ?? '',
      deploymentId: deployment.id,
      configurationId: configuration.id,
      trigger: 'http:',
      triggerKind: 'http',
      triggeredBy: null,
      profile: 'access',
      refresh: false,
      intervalStart: null,
      intervalEnd: null,
      previousJobRunId: null,
      sharesLocalData: false,
      isApp: true,
      isQueued: false,
      waitReason: null,
      priority: 0,
      skipFreshness: false,
      startBy: null,
      tickAt: null,
      backfillId: null,
      backfillWindow: null,
      backfillRound: null,
      isInternal: false,
    });
    for (const [query, total] of [
      ['', 0],
      ['include_system_job_runs=true', 1],
      [`job_id=${job?.id}`, 1],
    ] as const) {
      const url = `/api/v1/workspaces/${workspace.id}/job-runs?${query}`;
      const response = await api.app.inject({ url, headers: headers(owner) });
      expect(readAnswer('list_job_runs', response).total, query).toBe(total);
    }
  });

  it('of another workspace do not exist', async () => {
    const other = await api.createWorkspaceFixture();
    const url = `/api/v1/workspaces/${other.workspace.id}/job-runs/${loadRunId}`;
    const response = await api.app.inject({ url, headers: headers(other.owner) });
    expect(response.statusCode).toBe(404);
  });

  it('are created once on request while one is active, and report that', async () => {
    const url = `${base}/job-runs`;
    const payload = { job_id: jobIds.get('jobs.etl.report'), trigger: 'manual:', mode: 'when_not_running' };
    const response = await api.app.inject({ method: 'POST', url, headers: headers(), payload });
    expect(response.statusCode).toBe(200);
    expect(readAnswer('create_job_run', response).id).toBe(reportRunId);
    const declined = await api.app.inject({
      method: 'POST',
      url,
      headers: headers(),
      payload: { ...payload, mode: 'always' },
    });
    expect(declined.statusCode).toBe(409);
    expect(declined.json()).toMatchObject({
      code: 'start_declined',
      extra: { reasons: [expect.any(String)] },
    });
    const payloadOfLoad = { job_id: jobIds.get('jobs.etl.load'), trigger: 'manual:', skip_freshness: true };
    const created = await api.app.inject({ method: 'POST', url, headers: headers(), payload: payloadOfLoad });
    expect(created.statusCode).toBe(201);
    const run = readAnswer('create_job_run', created);
    expect(run).toMatchObject({ number: 2, status: 'pending' });

    const dry = await post('cancel_job_runs', `${base}/job-runs/-cancel`, {
      job_run_ids: [run.id, loadRunId, jobIds.get('jobs.etl.load')],
      dry_run: true,
    });
    expect(dry.succeeded).toEqual([
      { job_ref: 'jobs.etl.load', job_run_id: run.id, job_run_number: 2, previous_status: 'pending' },
    ]);
    expect(dry.skipped.map((item) => [item.job_run_id, item.previous_status])).toEqual([
      [loadRunId, 'completed'],
    ]);
    expect(dry.failed.map((item) => item.ref)).toEqual([jobIds.get('jobs.etl.load')]);
    const wet = await post('cancel_job_runs', `${base}/job-runs/-cancel`, { job_run_ids: [run.id] });
    expect(wet.succeeded.map((item) => item.previous_status)).toEqual(['pending']);
    expect((await get('get_job_run', `${base}/job-runs/${run.id}`)).status).toBe('cancelled');
    const again = await api.app.inject({
      method: 'POST',
      url: `${base}/job-runs/${run.id}/-cancel`,
      headers: headers(),
    });
    expect(again.statusCode).toBe(409);
    expect(again.json()).toMatchObject({ code: 'run_finished' });
  });
});
