import type { ApiFixture, TestAttempt } from '../testing/api-fixture.ts';
import type { SeededRun } from '../testing/seed-run.ts';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { callAsAttempt } from '../testing/attempt-calls.ts';
import { createApiFixture } from '../testing/api-fixture.ts';
import { seedRun } from '../testing/seed-run.ts';
import { setAttempt } from '../../store/postgres/testing/attempts.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';

let api: ApiFixture;
let seeded: SeededRun;
let attempt: TestAttempt;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  seeded = await seedRun(api);
  attempt = await createBegunAttempt(seeded);
});

async function createBegunAttempt({ run }: SeededRun): Promise<TestAttempt> {
  const created = await api.createAttempt(run);
  await setAttempt(api.testDatabase.database, created.id, { begunAt: new Date(), begunBy: 'nonce' });
  await setColumns(api.testDatabase.database, 'job_runs', { status: 'running' }, { id: run.id });
  return created;
}

async function post(route: string, payload: unknown, as: TestAttempt = attempt) {
  const answer = await callAsAttempt(api.app, as, {
    method: 'POST',
    route,
    payload: JSON.stringify(payload),
  });
  expect(answer.isProved).toBe(true);
  return { status: answer.statusCode, body: answer.json() };
}

const orders = { pipeline: 'orders', dataset: null };

it('answers whether the attempt may write, or what it waits for', async () => {
  expect(await post('-hold-pipeline', orders)).toEqual({ status: 200, body: { state: 'held' } });
  expect(await post('-stop-waiting-for-pipeline', orders)).toEqual({ status: 200, body: {} });
  await setAttempt(api.testDatabase.database, attempt.id, { closedAt: new Date() });
  expect(await post('-hold-pipeline', orders)).toMatchObject({
    status: 410,
    body: { code: 'attempt_closed' },
  });
});

it('shows a run that waits as running, with the reason', async () => {
  const { run, workspaceId, owner } = seeded;
  await setColumns(api.testDatabase.database, 'job_runs', { waitReason: 'Waiting for x.' }, { id: run.id });
  const url = `/pumphouse/v1/workspaces/${workspaceId}/job-runs/${run.id}/life`;
  const answer = await api.app.inject({ url, headers: { authorization: `Bearer ${owner.key}` } });
  expect(answer.json()).toMatchObject({
    status: 'running',
    waiting: { reason: 'Waiting for x.', until: null },
  });
});

it('never confuses the pipelines of two workspaces', async () => {
  const other = await createBegunAttempt(await seedRun(api));
  expect(await post('-hold-pipeline', orders)).toMatchObject({ body: { state: 'held' } });
  expect(await post('-hold-pipeline', orders, other)).toMatchObject({ body: { state: 'held' } });
});

it.each([
  [{}],
  [{ pipeline: '', dataset: null }],
  [{ pipeline: 'x'.repeat(501), dataset: null }],
  [{ pipeline: 'a', dataset: { name: 'b' } }],
  [{ pipeline: 1, dataset: null }],
  [[]],
])('refuses %j', async (question) => {
  expect(await post('-hold-pipeline', question)).toMatchObject({
    status: 400,
    body: { code: 'invalid_request' },
  });
});

it('stores what user code names as text that Postgres takes', async () => {
  expect(await post('-hold-pipeline', { pipeline: 'a\0b\ud800', dataset: null })).toMatchObject({
    body: { state: 'held' },
  });
});

it('takes waits for files as pairs, at most a hundred', async () => {
  const waits = [[attempt.id, attempt.id]];
  expect(await post('-hold-pipeline', { ...orders, file_waits: waits })).toMatchObject({ status: 200 });
  for (const wrong of [[[attempt.id]], 'x', Array.from({ length: 101 }, () => waits[0])])
    expect(await post('-hold-pipeline', { ...orders, file_waits: wrong })).toMatchObject({ status: 400 });
});

it('decides about a package that an attempt left', async () => {
  expect(await post('-decide-left-package', { attempt: attempt.id })).toEqual({
    status: 200,
    body: { decision: 'finish' },
  });
  expect(await post('-decide-left-package', { attempt: 'earlier' })).toMatchObject({ status: 400 });
});

it.each(['-hold-pipeline', '-stop-waiting-for-pipeline', '-decide-left-package'])(
  '%s rejects all callers except the attempt',
  async (route) => {
    const other = await createBegunAttempt(await seedRun(api));
    const payload = JSON.stringify({ ...orders, attempt: attempt.id });
    for (const forged of [
      { id: attempt.id, secret: other.secret },
      { id: other.id, secret: attempt.secret },
    ])
      expect(await callAsAttempt(api.app, forged, { method: 'POST', route, payload })).toMatchObject({
        statusCode: 401,
        isProved: false,
      });
    const answer = await api.app.inject({
      method: 'POST',
      url: `/pumphouse/v1/attempts/${attempt.id}/${route}`,
      headers: { authorization: `Bearer ${seeded.owner.key}`, 'content-type': 'application/octet-stream' },
      payload,
    });
    expect(answer.statusCode).toBe(401);
  },
);
