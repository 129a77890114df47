import type { ApiFixture } from './testing/api-fixture.ts';
import type { JsonOperationId, RouteResponse } from '@pumphouse/contract';
import type { SeededRun } from './testing/seed-run.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApiFixture } from './testing/api-fixture.ts';
import { readAnswer } from './testing/check-answer.ts';
import { seedRun } from './testing/seed-run.ts';

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

it('gives the limits of an organization, and sets both at once', async () => {
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

it('gives what runs took by day, with the month so far beside the limit', async () => {
  await api.persistence.store.organizationLimits.set(organizationId, {
    concurrentRuns: 5,
    minutesAMonth: 90,
  });
  await api.setRun(seeded.run.id, `status = 'running', started_at = now() - interval '30 minutes'`);
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

it.each(['from=2026-03-02&to=2026-03-01', 'from=2020-01-01&to=2026-01-01', 'from=yesterday'])(
  'refuses %s',
  async (query) => {
    const response = await call(`workspaces/${seeded.workspaceId}/usage?${query}`);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ code: 'invalid_request' });
  },
);
