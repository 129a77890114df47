import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { readAnswer } from '../testing/check-answer.ts';

let api: ApiFixture;
let owner: TestCaller;
let base: string;
let jobIds: Map<string, string>;

const nobody = '00000000-0000-4000-8000-000000000000';
const unlimited = { execute: { concurrency: null } };
const anyText = expect.any(String) as string;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  ({ owner, base, jobIds } = await createDeployed());
});

/**
 * A workspace with the jobs `up`, `down` (which waits for `up` to be fresh), and `free` (which allows
 * concurrent runs).
 */
async function createDeployed() {
  const context = await api.createWorkspaceFixture();
  const at = { workspaceId: context.workspace.id, membershipId: context.owner.membershipId };
  await api.createPackages(at.workspaceId, at.membershipId);
  const { jobs } = await api.services.deploy({
    ...at,
    jobs: [
      defineJob('jobs.up'),
      defineJob('jobs.down', { freshness: ['job.is_fresh:jobs.up'] }),
      defineJob('jobs.free', unlimited),
    ],
    deploymentModule: null,
    dryRun: false,
  });
  return {
    owner: context.owner,
    base: `/api/v1/workspaces/${context.workspace.id}`,
    jobIds: new Map(jobs.map(({ job }) => [job.jobRef, job.id])),
  };
}

const post = (path: string, payload?: object) =>
  api.app.inject({
    method: 'POST',
    url: `${base}${path}`,
    headers: { authorization: `Bearer ${owner.key}` },
    ...(payload ? { payload } : {}),
  });
const create = (ref: string, options: object = {}) =>
  post('/job-runs', { job_id: jobIds.get(ref), trigger: 'manual:', ...options });
const createdId = async (ref: string) => readAnswer('create_job_run', await create(ref)).id;

async function getRun(id: string) {
  const headers = { authorization: `Bearer ${owner.key}` };
  return readAnswer('get_job_run', await api.app.inject({ url: `${base}/job-runs/${id}`, headers }));
}

describe('create_job_run', () => {
  it('creates a run, or returns the active one with "when not running"', async () => {
    const first = await create('jobs.free');
    expect(first.statusCode).toBe(201);
    const run = readAnswer('create_job_run', first);
    expect(run).toMatchObject({
      number: 1,
      status: 'pending',
      trigger: 'manual:jobs.free',
      profile: 'prod',
      triggered_by: owner.membershipId,
      job: { job_ref: 'jobs.free' },
    });
    const again = await create('jobs.free', { mode: 'when_not_running' });
    expect(again.statusCode).toBe(200);
    expect(readAnswer('create_job_run', again).id).toBe(run.id);
    const always = await create('jobs.free', { mode: 'always' });
    expect(always.statusCode).toBe(201);
    expect(readAnswer('create_job_run', always).number).toBe(2);
    const ofIdle = await create('jobs.up', { mode: 'when_not_running' });
    expect(ofIdle.statusCode).toBe(201);
  });

  it('uses the requested profile and the requested refresh', async () => {
    const run = readAnswer(
      'create_job_run',
      await create('jobs.free', { profile: 'staging', refresh: true }),
    );
    expect(run.profile).toBe('staging');
    expect(await api.persistence.store.jobRuns.find(run.id)).toMatchObject({ refresh: true });
    expect(readAnswer('create_job_run', await create('jobs.free', { profile: null })).profile).toBe('prod');
  });

  it('rejects with the reasons, and skips the freshness check on request', async () => {
    const stale = await create('jobs.down');
    expect(stale.json()).toMatchObject({
      code: 'start_declined',
      status_code: 409,
      extra: { status: 'skipped_fresh', reasons: [expect.stringContaining('jobs.up')] },
    });
    expect((await create('jobs.down', { skip_freshness: true })).statusCode).toBe(201);
    expect((await create('jobs.down', { skip_freshness: true })).json()).toMatchObject({
      code: 'start_declined',
      extra: { status: 'skipped_concurrency_limit', reasons: [anyText] },
    });
  });

  it.each([
    ['a job that is not there', { job_id: nobody }, 404, 'not_found', null],
    ['a job that is no id', { job_id: 'jobs.free' }, 400, 'invalid_request', [{ key: 'job_id' }]],
    ['no job', { job_id: undefined }, 400, 'invalid_request', [{ key: 'job_id' }]],
    ['no trigger', { trigger: undefined }, 400, 'invalid_request', [{ key: 'trigger' }]],
    ['another mode', { mode: 'sometimes' }, 400, 'invalid_request', [{ key: 'mode' }]],
    ['words for a flag', { refresh: 'yes' }, 400, 'invalid_request', [{ key: 'refresh' }]],
    ['a trigger that the job does not have', { trigger: 'tag:x' }, 400, 'invalid_trigger', null],
    ['words for a trigger', { trigger: 'now' }, 400, 'invalid_trigger', null],
    ['a profile of developers’ machines', { profile: 'dev' }, 400, 'invalid_profile', { reasons: [anyText] }],
    ['a profile that leads elsewhere', { profile: '../x' }, 400, 'invalid_profile', { reasons: [anyText] }],
  ])('rejects %s', async (_, options, status, code, extra) => {
    const response = await create('jobs.free', options);
    expect(response.json()).toMatchObject({ status_code: status, code, detail: anyText });
    if (extra) expect(response.json()).toMatchObject({ extra });
    const { total } = readAnswer(
      'list_job_runs',
      await api.app.inject({ url: `${base}/job-runs`, headers: { authorization: `Bearer ${owner.key}` } }),
    );
    expect(total).toBe(0);
  });

  it('finds no job of another workspace', async () => {
    const other = await createDeployed();
    const response = await create('jobs.free', { job_id: other.jobIds.get('jobs.free') });
    expect(response.json()).toMatchObject({ code: 'not_found', status_code: 404 });
  });

  it('requires a deployment first', async () => {
    const context = await api.createWorkspaceFixture();
    const at = { workspaceId: context.workspace.id, membershipId: context.owner.membershipId };
    const { jobs } = await api.services.deploy({
      ...at,
      jobs: [defineJob('jobs.free')],
      deploymentModule: null,
      dryRun: false,
    });
    const response = await api.app.inject({
      method: 'POST',
      url: `/api/v1/workspaces/${at.workspaceId}/job-runs`,
      headers: { authorization: `Bearer ${context.owner.key}` },
      payload: { job_id: jobs[0]?.job.id, trigger: 'manual:' },
    });
    expect(response.json()).toMatchObject({ code: 'no_deployment', status_code: 400 });
  });
});

describe('cancel_job_runs', () => {
  /** One run in each state that the call handles, keyed by state. */
  async function createMixed() {
    const states = ['pending', 'running', 'cancelling', 'completed'] as const;
    const ids = await Promise.all(states.map(() => createdId('jobs.free')));
    const [pending = '', running = '', cancelling = '', completed = ''] = ids;
    for (const id of [running, cancelling]) {
      const run = await api.persistence.store.jobRuns.find(id);
      if (run) await api.createAttempt(run);
    }
    await api.setRun(cancelling, { status: 'cancelling', endIntent: 'cancel' });
    await api.setRun(completed, { status: 'completed', finishedAt: new Date() });
    return { pending, running, cancelling, completed };
  }

  it('reports the result for each run, and predicts the same in a dry run', async () => {
    const runs = await createMixed();
    const job_run_ids = [...Object.values(runs), nobody, runs.pending];
    const call = async (dry_run: boolean) =>
      readAnswer('cancel_job_runs', await post('/job-runs/-cancel', { job_run_ids, dry_run }));
    const foreseen = await call(true);
    expect((await getRun(runs.pending)).status).toBe('pending');
    expect((await getRun(runs.running)).status).toBe('running');
    const done = await call(false);
    expect(done).toEqual(foreseen);
    const text = (list: typeof done.succeeded) =>
      list.map((item) => [item.job_run_id, item.previous_status, item.job_ref]);
    expect(text(done.succeeded)).toEqual([
      [runs.pending, 'pending', 'jobs.free'],
      [runs.running, 'running', 'jobs.free'],
      [runs.cancelling, 'cancelling', 'jobs.free'],
    ]);
    expect(text(done.skipped)).toEqual([[runs.completed, 'completed', 'jobs.free']]);
    expect(done.failed).toEqual([{ ref: nobody, detail: anyText }]);
    expect((await getRun(runs.pending)).status).toBe('cancelled');
    expect((await getRun(runs.running)).status).toBe('cancelling');
    expect((await getRun(runs.completed)).status).toBe('completed');
  });

  it('touches no run of another workspace', async () => {
    const theirs = await createdId('jobs.free');
    const mine = await createDeployed();
    const response = await api.app.inject({
      method: 'POST',
      url: `${mine.base}/job-runs/-cancel`,
      headers: { authorization: `Bearer ${mine.owner.key}` },
      payload: { job_run_ids: [theirs] },
    });
    const receipt = readAnswer('cancel_job_runs', response);
    expect(receipt).toEqual({ succeeded: [], skipped: [], failed: [{ ref: theirs, detail: anyText }] });
    expect((await getRun(theirs)).status).toBe('pending');
  });

  it('does nothing for an empty list, and rejects an invalid list of ids', async () => {
    const none = readAnswer('cancel_job_runs', await post('/job-runs/-cancel', { job_run_ids: [] }));
    expect(none).toEqual({ succeeded: [], skipped: [], failed: [] });
    const wrong = [{}, { job_run_ids: 'all' }, { job_run_ids: ['1'] }, { job_run_ids: [], dry_run: 1 }];
    for (const payload of wrong) {
      const response = await post('/job-runs/-cancel', payload);
      expect(response.json()).toMatchObject({ code: 'invalid_request', status_code: 400 });
    }
  });
});

describe('cancel_job_run', () => {
  it('cancels a run once, and reports how a finished run ended', async () => {
    const run = await api.persistence.store.jobRuns.find(await createdId('jobs.free'));
    if (run) await api.createAttempt(run);
    const cancel = () => post(`/job-runs/${run?.id}/-cancel`);
    const first = readAnswer('cancel_job_run', await cancel());
    expect(first.status).toBe('cancelling');
    expect(readAnswer('cancel_job_run', await cancel())).toEqual(first);
    await api.finishRun(first.id, { status: 'cancelled' });
    expect((await cancel()).json()).toMatchObject({
      code: 'run_finished',
      status_code: 409,
      detail: expect.stringContaining('cancelled') as string,
    });
  });

  it('returns 404 for a run that does not exist', async () => {
    const other = await createDeployed();
    const theirs = await createdId('jobs.free');
    const response = await api.app.inject({
      method: 'POST',
      url: `${other.base}/job-runs/${theirs}/-cancel`,
      headers: { authorization: `Bearer ${other.owner.key}` },
    });
    expect(response.json()).toMatchObject({ code: 'not_found', status_code: 404 });
    expect((await post('/job-runs/1/-cancel')).json()).toMatchObject({ code: 'invalid_request' });
  });
});
