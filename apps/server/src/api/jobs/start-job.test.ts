import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { readAnswer } from '../testing/check-answer.ts';

let api: ApiFixture;
let owner: TestCaller;
let workspaceId: string;
let jobIds: Map<string, string>;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  const context = await api.createWorkspaceFixture();
  owner = context.owner;
  workspaceId = context.workspace.id;
  await api.createPackages(workspaceId, owner.membershipId);
  const entry_point = { module: 'shop', function: 'load', job_type: 'batch', launcher: 'x' } as const;
  const { jobs } = await api.services.deploy({
    workspaceId,
    membershipId: owner.membershipId,
    jobs: [
      defineJob('jobs.shop.load', { entry_point }),
      defineJob('jobs.shop.daily', {
        entry_point,
        triggers: ['schedule:0 0 * * *', 'manual:jobs.shop.daily'],
      }),
      defineJob('jobs.script', { entry_point: { ...entry_point, function: null } }),
    ],
    deploymentModule: '__deployment__',
    dryRun: false,
  });
  jobIds = new Map(jobs.map(({ job }) => [job.jobRef, job.id]));
});

const call = (method: 'GET' | 'POST', path: string, payload?: object) =>
  api.app.inject({
    method,
    url: `/pumphouse/v1/workspaces/${workspaceId}/${path}`,
    headers: { authorization: `Bearer ${owner.key}` },
    ...(payload && { payload }),
  });
const start = (ref: string, payload: object) =>
  call('POST', `jobs/${jobIds.get(ref) ?? ref}/-start`, payload);

describe('a start of one job', () => {
  it('gives the run its input', async () => {
    const input = { customer: 'Ada', days: [1, 2] };
    const started = readAnswer('start_job', await start('jobs.shop.load', { input }));
    expect(started).toMatchObject({ job_ref: 'jobs.shop.load', status: 'triggered' });
    const stored = await call('GET', `job-runs/${started.job_run_id}/input`);
    expect(JSON.parse(readAnswer('get_job_run_input', stored).input ?? '')).toEqual(input);
  });

  it('with an input runs although nothing is due, and only if it is due without one', async () => {
    const first = readAnswer('start_job', await start('jobs.shop.daily', {}));
    await api.setRun(first.job_run_id ?? '', { status: 'running' });
    await api.finishRun(first.job_run_id ?? '', { status: 'completed' });
    const due = readAnswer('start_job', await start('jobs.shop.daily', {}));
    expect(due).toMatchObject({ status: 'skipped_already_covered', trigger: 'schedule:0 0 * * *' });
    const repeated = readAnswer(
      'start_job',
      await start('jobs.shop.daily', { input: { day: '2026-11-29' } }),
    );
    expect(repeated).toMatchObject({ status: 'triggered', trigger: 'manual:jobs.shop.daily' });
  });

  it('needs no input', async () => {
    const started = readAnswer('start_job', await start('jobs.script', {}));
    expect(started.job_run_id).toEqual(expect.any(String));
  });

  it('gives a script its input', async () => {
    const started = readAnswer(
      'start_job',
      await start('jobs.script', { input: { day: '2026-11-29', all: true } }),
    );
    expect(started.status).toBe('triggered');
  });

  it('returns the reason of a skipped start', async () => {
    await start('jobs.shop.load', {});
    const second = readAnswer('start_job', await start('jobs.shop.load', {}));
    expect(second.status).toBe('skipped_concurrency_limit');
    expect(second.job_run_id).toBeUndefined();
    expect(second.reasons).not.toEqual([]);
  });

  it.each<[string, string, object, number, string]>([
    ['a script that has no names', 'jobs.script', { input: 1 }, 400, 'invalid_request'],
    ['a script with an object', 'jobs.script', { input: { day: {} } }, 400, 'invalid_request'],
    ['a script with a name of no option', 'jobs.script', { input: { '-x': 1 } }, 400, 'invalid_request'],
    ['more than 1 MiB', 'jobs.shop.load', { input: 'x'.repeat(1024 * 1024) }, 413, 'input_too_large'],
    ['too many levels', 'jobs.shop.load', { input: nest(101) }, 400, 'invalid_request'],
  ])('rejects an input for %s', async (_, ref, payload, status, code) => {
    const response = await start(ref, payload);
    expect(response.json()).toMatchObject({ code });
    expect(response.statusCode).toBe(status);
  });

  it('answers 404 for a job of another workspace', async () => {
    const other = await api.createWorkspaceFixture();
    const response = await api.app.inject({
      method: 'POST',
      url: `/pumphouse/v1/workspaces/${other.workspace.id}/jobs/${jobIds.get('jobs.script')}/-start`,
      headers: { authorization: `Bearer ${other.owner.key}` },
      payload: {},
    });
    expect(response.statusCode).toBe(404);
  });
});

function nest(levels: number): unknown {
  return levels === 0 ? 0 : [nest(levels - 1)];
}
