import type { ApiFixture } from '../testing/api-fixture.ts';
import type { SeededRun } from '../testing/seed-run.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callAsAttempt } from '../testing/attempt-calls.ts';
import { createApiFixture } from '../testing/api-fixture.ts';
import { openSpool } from '../testing/open-spool.ts';
import { parseTrace } from '../../telemetry/parse-trace.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { readCapturedBody } from '../../../../../testing/fixtures/captured-bodies.ts';
import { seedRun } from '../testing/seed-run.ts';
import { agePendingReports } from '../../store/postgres/testing/pipelines.ts';

type Attempt = Awaited<ReturnType<ApiFixture['createAttempt']>>;

let api: ApiFixture;
let seeded: SeededRun;
let attempt: Attempt;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  seeded = await seedRun(api);
  attempt = await api.createAttempt(seeded.run);
});

const describePackage = (changes: object = {}) => ({
  pipeline: 'shop',
  load_id: '1795989114.5254204',
  schema: 'shop',
  step: 'extracted',
  tables: ['orders'],
  rows: { orders: 12 },
  bytes: 1200,
  jobs_left: 2,
  jobs_done: 0,
  tries: 0,
  created_at: 1795989114.5,
  attempt: attempt.id,
  ...changes,
});

/** Sends what a bootstrap sends at the end of its attempt. */
async function report(
  by: Attempt,
  packages: unknown,
  { events = [], isComplete = true, busy }: { events?: unknown[]; isComplete?: boolean; busy?: unknown } = {},
) {
  const record = {
    n: 0,
    kind: 'pending',
    at: '2026-11-24T10:00:00Z',
    packages,
    events,
    busy,
    is_complete: isComplete,
  };
  const payload = Buffer.from(`${JSON.stringify(record)}\n`);
  const response = await callAsAttempt(api.app, by, { method: 'POST', route: '-spool?offset=0', payload });
  expect(response.statusCode).toBe(200);
}

const end = (status: 'failed' | 'completed', id = seeded.run.id) =>
  api.setRun(id, { status, finishedAt: new Date() });

const call = (method: 'GET' | 'POST', path: string, payload?: object, key = seeded.owner.key) =>
  api.app.inject({
    method,
    url: `/pumphouse/v1/workspaces/${seeded.workspaceId}/${path}`,
    headers: { authorization: `Bearer ${key}` },
    ...(payload && { payload }),
  });

const list = async (query = '') =>
  readAnswer('list_pending_packages', await call('GET', `pending-packages${query}`)).packages;

/** Starts another run of the job, with an attempt. */
async function startNext() {
  await end('failed');
  const { run } = await api.services.startRuns.createRun({
    workspaceId: seeded.workspaceId,
    membershipId: seeded.owner.membershipId,
    jobId: seeded.run.jobId,
    trigger: 'manual:',
    profile: null,
    refresh: false,
    skipFreshness: true,
    mode: 'always',
  });
  return { run, attempt: await api.createAttempt(run) };
}

describe('pending packages', () => {
  it('are listed with the run that extracted them, and then with the one that finished them', async () => {
    await report(attempt, [describePackage()]);
    expect(await list(`?job_run_id=${seeded.run.id}`)).toEqual([
      expect.objectContaining({
        pipeline_name: 'shop',
        profile: seeded.run.profile,
        load_id: '1795989114.5254204',
        step: 'extracted',
        table_names: ['orders'],
        row_counts: [{ table_name: 'orders', rows: 12 }],
        size_bytes: 1200,
        state: 'pending',
        extracted_by: { id: seeded.run.id, number: seeded.run.number, job_ref: expect.any(String) as string },
        ended_by: null,
      }),
    ]);
    const next = await startNext();
    const finished = { event: 'finished', pipeline: 'shop', load_id: '1795989114.5254204' };
    await report(next.attempt, [], { events: [finished] });
    const [ended] = await list(`?pipeline_name=shop`);
    expect(ended).toMatchObject({
      state: 'finished',
      ended_by: { id: next.run.id, number: next.run.number },
    });
    expect(await list('?only_pending=true')).toEqual([]);
  });

  it('end as finished when a trace has loaded them, although its run is killed before it reports', async () => {
    const trace = readCapturedBody('ok/002-trace');
    const parsed = parseTrace(trace);
    if (!parsed.ok) throw new Error(parsed.problem.detail);
    const { pipelineName: pipeline, loadPackages } = parsed.details;
    const loaded = loadPackages.map(({ loadId }) => describePackage({ pipeline, load_id: loadId }));
    expect(loaded).not.toEqual([]);
    await report(attempt, [...loaded, describePackage({ pipeline })]);
    const next = await startNext();
    const send = await openSpool(api, next.run);
    await send('trace', trace);
    expect((await list('?only_pending=true')).map(({ load_id: id }) => id)).toEqual(['1795989114.5254204']);
    const ended = (await list()).filter(({ state }) => state === 'finished');
    expect(ended.map(({ ended_by: run }) => run?.id)).toEqual(loaded.map(() => next.run.id));
  });

  it('end as gone when the worker is removed whose disk has them', async () => {
    const { worker } = await api.services.workers.create(seeded.organizationId, 'distant');
    await report(attempt, [describePackage()]);
    await api.setRun(seeded.run.id, { workerId: worker.id });
    await report(await api.createAttempt(seeded.run), [describePackage({ load_id: '2.5' })]);
    expect(await list('?only_pending=true')).toHaveLength(2);
    await api.services.workers.remove(seeded.organizationId, worker.id);
    const states = (await list()).map(({ load_id: id, state }) => [id, state]);
    expect(Object.fromEntries(states)).toEqual({ '1795989114.5254204': 'pending', '2.5': 'gone' });
  });

  it('end as gone once a complete report does not have them, and no other run may have them', async () => {
    await report(attempt, [describePackage()]);
    const next = await startNext();
    await report(next.attempt, [], { isComplete: false });
    expect(await list('?only_pending=true')).toHaveLength(1);
    await end('failed', next.run.id);
    const last = await startNext();
    await report(last.attempt, []);
    expect(await list()).toEqual([expect.objectContaining({ state: 'gone', ended_by: null })]);
  });

  it('end as gone while other runs are active, if those do not work on them', async () => {
    await report(attempt, [describePackage()]);
    const next = await startNext();
    await api.setRun(seeded.run.id, { status: 'running', finishedAt: null });
    const name = { pipeline: 'shop', load_id: '1795989114.5254204' };
    await agePendingReports(api.testDatabase.database, 60);
    await report(next.attempt, [], { busy: [name] });
    expect(await list('?only_pending=true')).toHaveLength(1);
    const other = await api.createAttempt(next.run);
    await report(other, [], { busy: [] });
    expect(await list()).toEqual([expect.objectContaining({ state: 'gone' })]);
  });

  it('stay if a report arrives that was made before them', async () => {
    await report(attempt, [describePackage()]);
    const next = await startNext();
    await report(next.attempt, [], { busy: [] });
    expect(await list('?only_pending=true')).toHaveLength(1);
  });

  it('are only what makes sense in a report of hostile code', async () => {
    await report(attempt, [
      describePackage({
        load_id: 'x\0y',
        bytes: -5,
        tables: [1, 'a\ud800'],
        attempt: 'not an id',
        schema: 7,
      }),
      describePackage({ step: 'invented' }),
      describePackage({ pipeline: '' }),
      describePackage({ created_at: 'now' }),
      null,
      'text',
    ]);
    const packages = await list();
    expect(packages).toHaveLength(1);
    expect(packages[0]).toMatchObject({
      load_id: 'x\ufffdy',
      size_bytes: 0,
      table_names: ['a\ufffd'],
      extracted_by: null,
    });
    await report(await startNext().then((next) => next.attempt), 'no list', { isComplete: false });
    expect(await list()).toHaveLength(1);
  });

  it('are finished by a run that the attempt is told about', async () => {
    await report(attempt, [describePackage()]);
    await end('failed');
    const path = 'pipelines/shop/-finish-pending';
    const response = await call('POST', path, { profile: seeded.run.profile });
    const { job_run_id: id } = readAnswer('finish_pending_packages', response);
    const admitted = await api.persistence.store.attempts.readAdmitted(id);
    expect(admitted).toMatchObject({ finishesPending: ['shop'], unwantedPackages: [] });
    const run = await api.persistence.store.jobRuns.get(seeded.workspaceId, id);
    expect(run).toMatchObject({ jobId: seeded.run.jobId, triggerKind: 'manual' });
    expect(run?.intervalStart).toEqual(run?.intervalEnd);
  });

  it('are dropped by the next attempt of the profile', async () => {
    await report(attempt, [describePackage()]);
    const response = await call('POST', 'pipelines/shop/-drop-pending', { profile: seeded.run.profile });
    expect(readAnswer('drop_pending_packages', response)).toEqual({ package_count: 1, size_bytes: 1200 });
    const next = await startNext();
    expect(await api.persistence.store.attempts.readAdmitted(next.run.id)).toMatchObject({
      finishesPending: null,
      unwantedPackages: [{ pipelineName: 'shop', loadId: '1795989114.5254204' }],
    });
    const elsewhere = await seedRun(api);
    expect(await api.persistence.store.attempts.readAdmitted(elsewhere.run.id)).toMatchObject({
      unwantedPackages: [],
    });
    await report(next.attempt, []);
    expect(await list()).toEqual([
      expect.objectContaining({
        state: 'dropped',
        ended_by: expect.objectContaining({ id: next.run.id }) as object,
      }),
    ]);
  });

  it('name the tables that may have rows twice, by the run that finishes them', async () => {
    const doubt = { pipeline: 'shop', schema: 'shop', table: 'orders', load_id: '1', status: 'unknown' };
    const found = { ...doubt, status: 'twice', rows: 3, statement: 'DELETE FROM orders', is_examined: true };
    const lines = [doubt, found, { ...found, table: '' }, 'hostile'].map((repeated, n) =>
      JSON.stringify({ n, kind: 'note', at: '2026-11-24T10:00:00Z', text: 'told', repeated_load: repeated }),
    );
    const payload = Buffer.from(`${lines.join('\n')}\n`);
    await callAsAttempt(api.app, attempt, { method: 'POST', route: '-spool?offset=0', payload });
    const answer = await call('GET', `job-runs/${seeded.run.id}/pipeline-runs`);
    expect(readAnswer('list_job_run_pipeline_runs', answer).repeated_loads).toEqual([
      {
        pipeline_name: 'shop',
        schema_name: 'shop',
        table_name: 'orders',
        load_id: '1',
        status: 'twice',
        rows_twice: 3,
        statement: 'DELETE FROM orders',
      },
    ]);
  });

  it.each(['-finish-pending', '-drop-pending'])('%s is refused if nothing is pending', async (action) => {
    const response = await call('POST', `pipelines/shop/${action}`, { profile: 'prod' });
    expect(response.statusCode).toBe(404);
    expect(response.json()).toMatchObject({ code: 'nothing_pending' });
  });

  it('of another workspace are not there', async () => {
    await report(attempt, [describePackage()]);
    const other = await seedRun(api);
    const url = `/pumphouse/v1/workspaces/${other.workspaceId}/pending-packages?job_run_id=${seeded.run.id}`;
    const response = await api.app.inject({ url, headers: { authorization: `Bearer ${other.owner.key}` } });
    expect(readAnswer('list_pending_packages', response).packages).toEqual([]);
  });
});
