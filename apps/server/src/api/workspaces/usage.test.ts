import type { ApiFixture } from '../testing/api-fixture.ts';
import type { JsonOperationId, RouteResponse } from '@pumphouse/contract';
import type { SeededRun } from '../testing/seed-run.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { seedRun } from '../testing/seed-run.ts';
import { ago } from '../../../../../testing/fixtures/relative-times.ts';

let api: ApiFixture;
let seeded: SeededRun;
let organizationId: string;

beforeAll(async () => {
  api = await createApiFixture();
  seeded = await seedRun(api);
  const workspace = await api.persistence.store.workspaces.get(seeded.workspaceId);
  organizationId = workspace?.organizationId ?? '';
});
afterAll(() => api.close());

function call(path: string, body?: object) {
  return api.app.inject({
    method: body ? 'PUT' : 'GET',
    url: `/pumphouse/v1/${path}`,
    headers: { authorization: `Bearer ${seeded.owner.key}` },
    ...(body && { payload: body }),
  });
}

async function read<Id extends JsonOperationId>(
  operationId: Id,
  path: string,
  body?: object,
): Promise<RouteResponse<Id>> {
  return readAnswer(operationId, await call(path, body));
}

it('returns the limits of an organization, and sets both at once', async () => {
  const path = `organizations/${organizationId}/limits`;
  const none = { organization_id: organizationId, concurrent_runs: null, minutes_a_month: null };
  expect(await read('get_organization_limits', path)).toEqual(none);
  const some = { ...none, concurrent_runs: 3, minutes_a_month: 0 };
  expect(await read('set_organization_limits', path, some)).toEqual(some);
  expect(await read('get_organization_limits', path)).toEqual(some);
  for (const body of [{}, { concurrent_runs: -1, minutes_a_month: null }, { ...some, concurrent_runs: 1.5 }])
    expect((await call(path, body)).statusCode).toBe(400);
  expect(await read('get_organization_limits', path)).toEqual(some);
});

it('returns usage by day, with the month so far and the limit', async () => {
  await api.persistence.store.organizationLimits.set(organizationId, {
    concurrentRuns: 5,
    minutesAMonth: 90,
  });
  await api.setRun(seeded.run.id, { status: 'running', startedAt: ago({ minutes: 30 }) });
  const path = `workspaces/${seeded.workspaceId}/usage`;
  const before = await read('get_workspace_usage', path);
  expect(before.total).toEqual({
    completed_run_count: 0,
    failed_run_count: 0,
    cancelled_run_count: 0,
    run_seconds: 0,
  });
  expect(before.month).toMatchObject({ active_run_count: 1, minutes_a_month: 90, concurrent_runs: 5 });
  expect(before.month.run_seconds).toBeGreaterThanOrEqual(1800);

  await api.finishRun(seeded.run.id, { status: 'completed' });
  const ended = (await api.persistence.store.jobRuns.find(seeded.run.id))?.finishedAt ?? new Date(0);
  const day = ended.toISOString().slice(0, 10);
  for (const [operation, from] of [
    ['get_workspace_usage', path],
    ['get_organization_usage', `organizations/${organizationId}/usage`],
  ] as const) {
    const usage = await read(operation, `${from}?from=${day}&to=${day}`);
    expect(usage).toMatchObject({ from: day, to: day, days: [{ date: day, completed_run_count: 1 }] });
    expect(usage.total.run_seconds).toBeGreaterThanOrEqual(1800);
    expect(usage.month).toMatchObject({
      starts_on: `${day.slice(0, 7)}-01`,
      run_seconds: usage.total.run_seconds,
      active_run_count: 0,
    });
  }
  const empty = await read('get_workspace_usage', `${path}?from=2026-02-27&to=2026-03-02`);
  expect(empty.days.map(({ date }) => date)).toEqual([
    '2026-02-27',
    '2026-02-28',
    '2026-03-01',
    '2026-03-02',
  ]);
  expect(empty.total.completed_run_count).toBe(0);
});

it.each([
  'from=2026-03-02&to=2026-03-01',
  'from=2020-01-01&to=2026-01-01',
  'from=yesterday',
  'from=0000-01-01&to=0000-01-02',
])('rejects %s', async (query) => {
  const response = await call(`workspaces/${seeded.workspaceId}/usage?${query}`);
  expect(response.statusCode).toBe(400);
  expect(response.json()).toMatchObject({ code: 'invalid_request' });
});

describe('the usage breakdown of an organization', () => {
  const days = 'from=2026-03-01&to=2026-03-31';
  const nothing = { completed_run_count: 0, failed_run_count: 0, cancelled_run_count: 0, run_seconds: 0 };

  /** Another workspace with two jobs, and usage of three days. */
  async function seedUsage() {
    const { store } = api.persistence;
    const context = await api.createWorkspaceFixture();
    const other = await store.workspaces.create({
      organizationId: context.organization.id,
      name: 'Other',
      description: null,
    });
    const ids: string[] = [];
    for (const [workspaceId, refs] of [
      [context.workspace.id, ['jobs.a', 'jobs.b']],
      [other.id, ['jobs.c']],
    ] as const) {
      const at = { workspaceId, membershipId: context.owner.membershipId };
      await api.createPackages(at.workspaceId, at.membershipId);
      const jobs = refs.map((ref) => defineJob(ref));
      const deployed = await api.services.deploy({
        ...at,
        jobs,
        deploymentModule: null,
        dryRun: false,
      });
      ids.push(...deployed.jobs.map(({ job }) => job.id));
    }
    const [a, b, c] = ids;
    await api.testDatabase.database.execute(
      `insert into usage_days (job_id, workspace_id, day, completed_count, failed_count, cancelled_count, run_ms) values
         ($1, $4, '2026-03-02', 2, 1, 0, 60000), ($1, $4, '2026-03-04', 1, 0, 0, 30000), ($2, $4, '2026-03-02', 1, 0, 1, 500000),
         ($3, $5, '2026-03-31', 0, 0, 0, 1500), ($3, $5, '2026-04-01', 9, 9, 9, 999000)`,
      [a, b, c, context.workspace.id, other.id],
    );
    return { ...context, other, a, b, c };
  }

  it('lists workspaces and jobs for each day, highest usage first', async () => {
    const { organization, workspace, other, owner, a, b, c } = await seedUsage();
    const get = (path: string) =>
      api.app.inject({ url: `/pumphouse/v1/${path}`, headers: { authorization: `Bearer ${owner.key}` } });
    const at = `organizations/${organization.id}/usage`;
    const byWorkspace = readAnswer(
      'get_organization_usage_by_workspace',
      await get(`${at}/workspaces?${days}`),
    );
    expect(byWorkspace).toEqual({
      from: '2026-03-01',
      to: '2026-03-31',
      workspaces: [
        {
          workspace_id: workspace.id,
          name: 'W',
          total: { completed_run_count: 4, failed_run_count: 1, cancelled_run_count: 1, run_seconds: 590 },
          days: [
            {
              date: '2026-03-02',
              completed_run_count: 3,
              failed_run_count: 1,
              cancelled_run_count: 1,
              run_seconds: 560,
            },
            { ...nothing, date: '2026-03-04', completed_run_count: 1, run_seconds: 30 },
          ],
        },
        {
          workspace_id: other.id,
          name: 'Other',
          total: { ...nothing, run_seconds: 1.5 },
          days: [{ ...nothing, date: '2026-03-31', run_seconds: 1.5 }],
        },
      ],
    });
    const byJob = readAnswer('get_organization_usage_by_job', await get(`${at}/jobs?${days}&limit=2`));
    expect(byJob).toMatchObject({
      job_count: 3,
      jobs: [
        { job_id: b, job_ref: 'jobs.b', workspace_id: workspace.id, total: { run_seconds: 500 } },
        { job_id: a, job_ref: 'jobs.a', total: { completed_run_count: 3, run_seconds: 90 } },
      ],
    });
    expect(byJob.jobs[1]?.days.map(({ date }) => date)).toEqual(['2026-03-02', '2026-03-04']);
    const ofWorkspace = readAnswer(
      'get_workspace_usage_by_job',
      await get(`workspaces/${workspace.id}/usage/jobs?${days}`),
    );
    expect(ofWorkspace.jobs.map((job) => job.job_id)).toEqual([b, a]);
    expect(byJob.jobs.map((job) => job.job_id)).not.toContain(c);
    const all = readAnswer('get_organization_usage', await get(`${at}?${days}`));
    const sum = byWorkspace.workspaces.reduce((seconds, { total }) => seconds + total.run_seconds, 0);
    expect(all.total.run_seconds).toBe(sum);
  });

  it('is for owners of the organization; viewers may read their own workspace', async () => {
    const { organization, workspace } = await seedUsage();
    const member = await api.createCaller(
      { id: organization.id, role: 'member' },
      { id: workspace.id, role: 'viewer' },
    );
    const statusOf = async (path: string) => {
      const headers = { authorization: `Bearer ${member.key}` };
      return (await api.app.inject({ url: `/pumphouse/v1/${path}`, headers })).statusCode;
    };
    expect(await statusOf(`organizations/${organization.id}/usage/workspaces`)).toBe(403);
    expect(await statusOf(`organizations/${organization.id}/usage/jobs`)).toBe(403);
    expect(await statusOf(`organizations/${organization.id}/usage`)).toBe(200);
    expect(await statusOf(`workspaces/${workspace.id}/usage/jobs`)).toBe(200);
  });
});
