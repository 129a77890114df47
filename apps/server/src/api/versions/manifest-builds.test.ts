import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import type { BuildManifestResponse, JsonOperationId, RouteResponse } from '@pumphouse/contract';
import type { JobRunRecord } from '../../store/records.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { deployJobs } from '../testing/deployed-jobs.ts';
import { openSpool } from '../testing/open-spool.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';
import { setAttempt } from '../../store/postgres/testing/attempts.ts';
import { readCapturedBody } from '../../../../../testing/fixtures/captured-bodies.ts';

let api: ApiFixture;
let context: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;
let deploymentId: string;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  context = await api.createWorkspaceFixture();
  deploymentId = await addVersions();
});

const addVersions = async () =>
  (await api.createPackages(context.workspace.id, context.owner.membershipId)).deployment.id;

interface Options {
  caller?: TestCaller;
  deployment?: string;
  workspaceId?: string;
}

function requestBuild(body: object = {}, options: Options = {}) {
  const { caller = context.owner, deployment = deploymentId, workspaceId = context.workspace.id } = options;
  return api.app.inject({
    method: 'POST',
    url: `/pumphouse/v1/workspaces/${workspaceId}/deployments/${deployment}/-build-manifest`,
    headers: { authorization: `Bearer ${caller.key}` },
    payload: body,
  });
}

/** Builds, and returns the status of the response with the id of the run. */
async function build(body: object = {}, options: Options = {}) {
  const response = await requestBuild(body, options);
  const { job_run_id: id }: BuildManifestResponse = readAnswer('build_manifest', response);
  return { status: response.statusCode, id };
}

async function refuse(body: object = {}, options: Options = {}) {
  const response = await requestBuild(body, options);
  const { code, extra } = response.json<{ code: string; extra?: unknown }>();
  return { status: response.statusCode, code, extra };
}

function get(path: string, caller = context.owner) {
  const url = path.replace('{workspace}', context.workspace.id);
  return api.app.inject({ url, headers: { authorization: `Bearer ${caller.key}` } });
}

async function ask<Id extends JsonOperationId>(id: Id, path: string): Promise<RouteResponse<Id>> {
  return readAnswer(id, await get(path));
}

const readBuild = (jobRunId: string) =>
  ask(
    'get_manifest_build',
    `/pumphouse/v1/workspaces/{workspace}/deployments/${deploymentId}/manifest-builds/${jobRunId}`,
  );

async function getRun(jobRunId: string): Promise<JobRunRecord> {
  const run = await api.persistence.store.jobRuns.find(jobRunId);
  if (!run) throw new Error(`There is no run ${jobRunId}`);
  return run;
}

const manifest = {
  engine_version: 2,
  created_at: '2026-11-24T10:00:00+00:00',
  deployment_module: '__deployment__',
  jobs: [{ ...defineJob('jobs.shop.load'), later_key: { kept: true } }],
  description: 'The shop',
};
const resultOf = (result: unknown) => ({
  engine_version: 1,
  type: 'job.manifest-build',
  job_ref: 'jobs.manifest-build',
  result,
});
const good = resultOf({ manifest, warnings: ['a warning'] });

type End = 'completed' | 'failed' | 'timed_out' | 'cancelled';

/** Reports results, in place of the run's launcher, and ends the run. */
async function endWith(jobRunId: string, results: readonly unknown[], end: End = 'completed'): Promise<void> {
  const send = await openSpool(api, await getRun(jobRunId));
  for (const result of results) await send('job_result', result);
  const attempt = await api.persistence.store.attempts.latest(jobRunId);
  // An attempt that has not begun is retried.
  await setAttempt(api.testDatabase.database, attempt?.id ?? '', { begunAt: new Date() });
  if (end === 'cancelled') await api.setRun(jobRunId, { status: 'cancelling', endIntent: 'cancel' });
  if (end === 'completed' || end === 'cancelled') await api.finishRun(jobRunId, { status: end });
  else {
    const code = end === 'failed' ? 'exit_code' : end;
    await api.finishRun(jobRunId, { status: 'failed', failure: { code, detail: 'It failed.' } });
  }
}

describe('a build', () => {
  it('is a run of the requested code with its own timeout, and returns its result', async () => {
    await addVersions();
    const { status, id } = await build({ module: 'shop/jobs.py', use_all: false });
    expect(status).toBe(201);
    const run = await getRun(id);
    expect(run).toMatchObject({
      deploymentId,
      profile: 'prod',
      status: 'pending',
      isApp: false,
      sharesLocalData: false,
    });
    const input = await api.persistence.store.jobRuns.readInput(id);
    expect(JSON.parse(input ?? '')).toEqual({ module: 'shop/jobs.py', use_all: false });
    const detail = await ask('get_job_run', `/api/v1/workspaces/{workspace}/job-runs/${id}`);
    expect(detail.job_version.max_run_time_seconds).toBe(600);
    expect(await readBuild(id)).toEqual({
      job_run_id: id,
      status: 'running',
      run_status: 'pending',
      wait_reason: null,
    });
    await endWith(id, [good]);
    expect(await readBuild(id)).toEqual({
      job_run_id: id,
      status: 'completed',
      run_status: 'completed',
      wait_reason: null,
      manifest,
      warnings: ['a warning'],
    });
  });

  it('is reused for the same code, configuration and module while it is active and once it has completed', async () => {
    const first = await build();
    expect(await build({ rebuild: true })).toEqual({ status: 200, id: first.id });
    expect(await build({ module: '__deployment__', use_all: true })).toEqual({ status: 200, id: first.id });
    expect((await build({ use_all: false })).status).toBe(201);
    expect((await build({ module: 'jobs' })).status).toBe(201);
    const other = await addVersions();
    expect((await build({}, { deployment: other })).status).toBe(201);
    // Its configuration is newer than that of the first build.
    const second = await build();
    expect(second.status).toBe(201);
    await endWith(second.id, [good]);
    expect(await build()).toEqual({ status: 200, id: second.id });
    expect((await build({ rebuild: true })).status).toBe(201);
  });

  it.each<[string, unknown[], End]>([
    ['failed', [], 'failed'],
    ['was cancelled', [], 'cancelled'],
    ['completed without a manifest', [], 'completed'],
  ])('is repeated if the last one %s', async (_, results, end) => {
    const first = await build();
    await endWith(first.id, results, end);
    const second = await build();
    expect(second.status).toBe(201);
    expect(second.id).not.toBe(first.id);
  });

  it('is one build when it is requested several times at once', async () => {
    const builds = await Promise.all(Array.from({ length: 5 }, () => build()));
    expect(new Set(builds.map(({ id }) => id)).size).toBe(1);
    expect(builds.filter(({ status }) => status === 201)).toHaveLength(1);
  });
});

describe('a build is refused', () => {
  it('to viewers, to outsiders, and for unknown versions', async () => {
    const inRole = (role: 'viewer' | 'developer') =>
      api.createCaller({ id: context.organization.id, role: 'member' }, { id: context.workspace.id, role });
    const [viewer, developer] = [await inRole('viewer'), await inRole('developer')];
    const outsider = await api.createWorkspaceFixture();
    expect(await refuse({}, { caller: viewer })).toMatchObject({ status: 403, code: 'forbidden' });
    expect(await refuse({}, { caller: outsider.owner })).toMatchObject({ status: 404, code: 'not_found' });
    const elsewhere = { caller: outsider.owner, workspaceId: outsider.workspace.id };
    expect(await refuse({}, elsewhere)).toMatchObject({ status: 404, code: 'not_found' });
    expect(await refuse({}, { deployment: context.workspace.id })).toMatchObject({
      status: 404,
      code: 'not_found',
    });
    const { status, id } = await build({}, { caller: developer });
    expect(status).toBe(201);
    const path = `/pumphouse/v1/workspaces/{workspace}/deployments/${deploymentId}/manifest-builds/`;
    expect((await get(`${path}${id}`, viewer)).statusCode).toBe(403);
    expect((await get(`${path}${context.workspace.id}`)).statusCode).toBe(404);
    const otherVersion = await addVersions();
    expect((await get(`${path.replace(deploymentId, otherVersion)}${id}`)).statusCode).toBe(404);
  });

  it('in an archived workspace, without a configuration, and without the archive', async () => {
    await api.services.workspaces.archive(context.workspace.id);
    expect(await refuse()).toMatchObject({ status: 409, code: 'workspace_archived' });
    await api.services.workspaces.unarchive(context.workspace.id);
    const { database } = api.testDatabase;
    await setColumns(database, 'deployments', { archiveRemovedAt: new Date() }, { id: deploymentId });
    expect(await refuse()).toMatchObject({ status: 404, code: 'archive_removed' });
    await setColumns(database, 'deployments', { archiveRemovedAt: null }, { id: deploymentId });
    await database.execute('delete from configurations where workspace_id = $1', [context.workspace.id]);
    expect(await refuse()).toMatchObject({ status: 400, code: 'no_configuration' });
  });

  it('beyond the limits of the organization, with the reason', async () => {
    const limits = { concurrentRuns: 1, minutesAMonth: null };
    await api.persistence.store.organizationLimits.set(context.organization.id, limits);
    const first = await build();
    expect(await refuse({ module: 'other' })).toEqual({
      status: 409,
      code: 'start_declined',
      extra: {
        status: 'skipped_org_concurrency_limit',
        reasons: ['1 of 1 allowed runs of the organization are active'],
      },
    });
    expect(await build()).toEqual({ status: 200, id: first.id });
  });

  it.each(['', '-c', '../secrets', '/etc/passwd', 'a b', 'a..b', 'a\0b', '.hidden', 'x'.repeat(301), 5])(
    'for %j, which is no module',
    async (module) => {
      expect(await refuse({ module })).toMatchObject({ status: 400, code: 'invalid_request' });
    },
  );
});

describe('a result that user code reports', () => {
  const broken = (change: object) => resultOf({ manifest: { ...manifest, ...change }, warnings: [] });
  const job = (change: object) => broken({ jobs: [{ ...manifest.jobs[0], ...change }] });

  it.each<[string, unknown[]]>([
    ['of nothing', []],
    ['that is not JSON', ['{"type": "job.manifest-build"']],
    ['of another type', [{ ...good, type: 'job.other' }]],
    ['without a result', [{ ...good, result: undefined }]],
    ['of null', [resultOf(null)]],
    ['of a text', [resultOf('manifest')]],
    ['without jobs', [broken({ jobs: undefined })]],
    ['with a job that is no object', [broken({ jobs: [null] })]],
    [
      'with an unknown job type',
      [job({ entry_point: { ...manifest.jobs[0]?.entry_point, job_type: 'daemon' } })],
    ],
    ['with triggers that are no texts', [job({ triggers: [{ type: 'schedule' }] })]],
    ['with warnings that are no texts', [resultOf({ manifest, warnings: [{}] })]],
    ['that is too large', [job({ description: 'x'.repeat(9_000_000) })]],
    ['that is replaced by another one', [good, resultOf({ manifest: {}, warnings: [] })]],
    [
      'of an exception that no launcher would report',
      [resultOf({ error: { type: 'E', message: 'x'.repeat(20_000), traceback: null } })],
    ],
    [
      'of an exception although the run completed',
      [resultOf({ error: { type: 'E', message: '', traceback: 5 } })],
    ],
  ])('%s is invalid', async (_, results) => {
    const { id } = await build();
    await endWith(id, results);
    const { status, manifest: found, warnings, error } = await readBuild(id);
    expect({ status, found, warnings }).toEqual({ status: 'failed', found: undefined, warnings: undefined });
    expect(error).toMatchObject({ code: 'manifest_invalid', type: 'InvalidManifest', traceback: null });
    expect(error?.message.length).toBeLessThan(10_001);
    expect(error?.next_step).not.toBe('');
  });

  it('of an older dlt can be deployed: each job has the version of its definition', async () => {
    const { engine_version: _, ...undated } = defineJob('jobs.shop.load', { refresh: 'always' });
    const older = { engine_version: 1, deployment_module: '__deployment__', jobs: [undated] };
    const { id } = await build();
    await endWith(id, [resultOf({ manifest: older, warnings: [] })]);
    const { manifest: found } = await readBuild(id);
    expect(found).toEqual({ ...older, jobs: [{ ...undated, engine_version: 1 }] });
    const at = { workspaceId: context.workspace.id, membershipId: context.owner.membershipId };
    const jobs = found?.jobs ?? [];
    const deployed = await api.services.deploy({ ...at, jobs, deploymentModule: null, dryRun: false });
    expect(deployed.jobs.map(({ job }) => job.definition.refresh_propagation)).toEqual(['always']);
  });

  it('may be an exception', async () => {
    const { id } = await build();
    const raised = {
      type: 'ModuleNotFoundError',
      message: "No module named 'x'",
      traceback: '  File "a.py", line 1',
    };
    await endWith(id, [resultOf({ error: raised })], 'failed');
    const { error } = await readBuild(id);
    expect(error).toMatchObject({ code: 'manifest_failed', ...raised });
    expect(error?.next_step).toMatch(/^Add the package to the dependencies/);
  });

  it('may be an exception about what only the proprietary package has', async () => {
    const { id } = await build();
    const message = "No module named 'dlthub'";
    const raised = { type: 'ModuleNotFoundError', message, traceback: null };
    await endWith(id, [resultOf({ error: raised })], 'failed');
    const { error } = await readBuild(id);
    expect(error?.next_step).toMatch(/^`dlthub` belongs to the proprietary package dlthub, which Pumphouse/);
  });

  it('does not count if the run ended otherwise', async () => {
    const raised = resultOf({ error: { type: 'E', message: '', traceback: null } });
    for (const [result, end, code, type] of [
      [good, 'failed', 'manifest_run_failed', 'exit_code'],
      [raised, 'timed_out', 'manifest_run_failed', 'timed_out'],
      [good, 'cancelled', 'manifest_cancelled', 'cancelled'],
    ] as const) {
      const { id } = await build();
      await endWith(id, [result], end);
      const { status, error } = await readBuild(id);
      expect({ status, code: error?.code, type: error?.type }).toEqual({ status: 'failed', code, type });
    }
  });
});

describe('the run of a build', () => {
  const jobOf = async (jobRunId: string) => (await getRun(jobRunId)).jobId;

  it('and its job are in no list, statistic or limit of jobs', async () => {
    const { id: failedId } = await build();
    await endWith(failedId, [], 'failed');
    const { id } = await build({ module: 'other' });
    const send = await openSpool(api, await getRun(id));
    await send('trace', readCapturedBody('ok/002-trace'));
    const { id: waitingId } = await build({ module: 'third' });
    expect(waitingId).not.toBe(id);

    const at = '/pumphouse/v1/workspaces/{workspace}';
    const apiAt = '/api/v1/workspaces/{workspace}';
    expect((await ask('list_jobs', `${apiAt}/jobs`)).items).toEqual([]);
    expect((await ask('list_job_overviews', `${at}/jobs`)).items).toEqual([]);
    for (const query of ['', '?include_system_job_runs=true', '?q=manifest', '?status=failed'])
      expect((await ask('list_job_runs', `${apiAt}/job-runs${query}`)).items).toEqual([]);
    expect((await ask('list_run_overviews', `${at}/job-runs`)).items).toEqual([]);
    expect((await ask('list_next_starts', `${at}/next-starts`)).items).toEqual([]);
    expect((await ask('get_job_graph', `${at}/job-graph`)).nodes).toEqual([]);
    const usage = await ask('get_workspace_usage', `${at}/usage`);
    expect(usage.total).toMatchObject({ completed_run_count: 0, failed_run_count: 0, run_seconds: 0 });
    expect(usage.month.active_run_count).toBe(2);
    const { store } = api.persistence;
    expect(await store.jobOverviews.countFailing(context.workspace.id)).toBe(0);
    const [health] = await store.workspaceHealth.listOfUser(context.owner.userId, { only: null, limit: 5 });
    expect(health).toMatchObject({ failingJobCount: 0, runningCount: 0, pendingCount: 0, lastRunAt: null });
    expect(await store.runSeries.countActive(context.workspace.id)).toEqual(new Map());
    const range = { start: new Date(Date.now() - 86_400_000), end: new Date(Date.now() + 86_400_000) };
    expect(await store.runSeries.listQuarters(context.workspace.id, range)).toEqual([]);
    expect(await store.telemetry.listOfJobRuns([id])).toEqual([]);
  });

  it('can be read, listed by its job and cancelled like any run', async () => {
    const { id } = await build();
    const path = `/api/v1/workspaces/{workspace}/job-runs`;
    const { items } = await ask('list_job_runs', `${path}?job_id=${await jobOf(id)}`);
    expect(items.map((run) => run.id)).toEqual([id]);
    const detail = await ask('get_job_run', `${path}/${id}`);
    expect(detail).toMatchObject({ id, status: 'pending', deployment_id: deploymentId });
    const cancelled = await api.app.inject({
      method: 'POST',
      url: `/api/v1/workspaces/${context.workspace.id}/job-runs/${id}/-cancel`,
      headers: { authorization: `Bearer ${context.owner.key}` },
    });
    expect(cancelled.statusCode).toBe(200);
    expect((await readBuild(id)).error).toMatchObject({ code: 'manifest_cancelled' });
  });

  it('is of a job that no one can start, change or deploy', async () => {
    const { id } = await build();
    const jobId = await jobOf(id);
    const jobPath = `/api/v1/workspaces/${context.workspace.id}/jobs/${jobId}`;
    expect((await get(jobPath)).statusCode).toBe(404);
    const post = (url: string, payload?: object) =>
      api.app.inject({
        method: 'POST',
        url,
        headers: { authorization: `Bearer ${context.owner.key}` },
        ...(payload && { payload }),
      });
    for (const action of ['-archive', '-unarchive', '-pause', '-resume'])
      expect((await post(`${jobPath}/${action}`)).statusCode).toBe(404);
    const runs = `/api/v1/workspaces/${context.workspace.id}/job-runs`;
    const started = await post(runs, { job_id: jobId, trigger: 'manual:' });
    expect(started.statusCode).toBe(404);
    const at = { workspaceId: context.workspace.id, membershipId: context.owner.membershipId };
    const trigger = { ...at, jobIds: [jobId], profile: null, refresh: false, dryRun: false };
    const result = await api.startRuns.trigger({
      ...trigger,
      selectors: ['*', 'manual:jobs.manifest-build'],
    });
    expect(result).toMatchObject({ succeeded: [], failed: [{ code: 'not_found' }] });

    await deployJobs(api, at.workspaceId, context.owner, [defineJob('jobs.m.f')]);
    const whole = { ...at, jobs: [], deploymentModule: '__deployment__', dryRun: false };
    await api.services.deploy(whole);
    expect((await build({ module: 'other' })).status).toBe(201);
    const own = { ...whole, jobs: [defineJob('jobs.manifest-build')] };
    await expect(api.services.deploy(own)).rejects.toMatchObject({ code: 'invalid_job_definition' });
  });
});
