import type { ApiFixture, TestAttempt } from '../testing/api-fixture.ts';
import type { SeededRun } from '../testing/seed-run.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callAsAttempt } from '../testing/attempt-calls.ts';
import { createApiFixture } from '../testing/api-fixture.ts';
import { createKeySecret } from '../../services/sign-in/credentials.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { readCapturedBody } from '../../../../../testing/fixtures/captured-bodies.ts';
import { seedRun } from '../testing/seed-run.ts';

let api: ApiFixture;
let seeded: SeededRun;
let attempt: TestAttempt;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  seeded = await seedRun(api);
  attempt = await api.createAttempt(seeded.run);
});

const call = (method: 'GET' | 'POST', route: string, payload?: string | Buffer, as: TestAttempt = attempt) =>
  callAsAttempt(api.app, as, { method, route, payload });

function chunk(...records: object[]): Buffer {
  return Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
}

const at = '2026-11-24T10:00:00.123456Z';
const log = (n: number, text: string) => ({ n, kind: 'log', at, io: 'stdout', text });
const exit = (n: number) => ({
  n,
  kind: 'exit',
  at,
  code: 0,
  signal: null,
  out_of_memory: null,
  peak_memory_bytes: null,
  reason: null,
  killed_descendants: 0,
});

describe('attempt routes', () => {
  it.each([
    ['POST', '-begin'],
    ['GET', 'code'],
    ['GET', 'configuration'],
    ['POST', '-spool?offset=0'],
  ] as const)('reject %s %s from all callers except the attempt itself', async (method, path) => {
    const other = await api.createAttempt((await seedRun(api)).run);
    const address = `/pumphouse/v1/attempts/${attempt.id}/${path}`;
    const inject = (url: string, bearer: string | null) =>
      api.app.inject({
        method,
        url,
        headers: {
          'content-type': 'application/octet-stream',
          ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
        },
        ...(method === 'POST' ? { payload: '{}' } : {}),
      });
    for (const bearer of [
      'nonsense',
      attempt.secret,
      other.secret,
      seeded.owner.key,
      seeded.token,
      createKeySecret('personal').secret,
    ]) {
      const response = await inject(address, bearer);
      expect(response.statusCode).toBe(401);
      expect(response.json()).toMatchObject({ code: 'not_authenticated' });
    }
    const payload = method === 'POST' ? '{}' : undefined;
    for (const forged of [
      { id: attempt.id, secret: other.secret },
      { id: other.id, secret: attempt.secret },
      { id: '11111111-1111-4111-8111-111111111111', secret: attempt.secret },
      { id: 'not-an-id', secret: attempt.secret },
    ]) {
      const answer = await call(method, path, payload, forged);
      expect(answer).toMatchObject({ statusCode: 401, isProved: false });
    }
    expect((await inject(address, null)).statusCode).toBe(401);
  });

  it("reject an attempt's secret on every other route", async () => {
    const headers = { authorization: `Bearer ${attempt.secret}` };
    const url = `/api/v1/workspaces/${seeded.workspaceId}`;
    expect((await api.app.inject({ url, headers })).statusCode).toBe(401);
  });

  it('reject malformed input', async () => {
    expect((await call('POST', '-begin', 'x')).json()).toMatchObject({ code: 'invalid_request' });
    expect((await call('POST', '-begin', '{"nonce":"n"}')).json()).toMatchObject({
      code: 'invalid_request',
      extra: [{ key: 'claim_number' }],
    });
    for (const offset of ['', '-1', '1.5', 'x']) {
      const response = await call('POST', `-spool?offset=${offset}`, '');
      expect(response.statusCode).toBe(400);
    }
  });

  it('report a lost claim', async () => {
    const response = await call('POST', '-begin', JSON.stringify({ claim_number: 99, nonce: 'n' }));
    expect(response.statusCode).toBe(409);
    expect(response.json()).toMatchObject({ code: 'claim_lost' });
  });

  it('accept the spool by offset, expose its lines, and end the run with it', async () => {
    const first = chunk({ n: 0, kind: 'started', at }, log(1, 'one'), log(2, 'two'));
    expect((await call('POST', '-spool?offset=0', first)).json()).toEqual({ offset: first.length });
    expect((await call('POST', '-spool?offset=0', first)).json()).toEqual({ offset: first.length });
    const gap = await call('POST', `-spool?offset=${first.length + 10}`, chunk(log(3, 'three')));
    expect(gap.statusCode).toBe(409);
    expect(gap.json()).toMatchObject({ code: 'spool_gap', extra: { offset: first.length } });

    const last = chunk(log(3, 'three'), exit(4));
    const rest = await call('POST', `-spool?offset=${first.length}`, last);
    expect(rest.json()).toEqual({ offset: first.length + last.length });
    const base = `/logs/v1/workspaces/${seeded.workspaceId}/job-runs/${seeded.run.id}`;
    const headers = { authorization: `Bearer ${seeded.token}` };
    for (const name of ['logs', 'log-stream']) {
      const { body } = await api.app.inject({ url: `${base}/${name}`, headers });
      expect([...body.matchAll(/"content":"(\w+)"/g)].map((match) => match[1])).toEqual([
        'one',
        'two',
        'three',
      ]);
    }
    const run = await api.persistence.store.jobRuns.find(seeded.run.id);
    expect(run?.status).toBe('completed');
  });

  it('accept a chunk larger than the JSON limit', async () => {
    const records = Array.from({ length: 600 }, (_, n) => log(n, 'x'.repeat(30_000)));
    const large = chunk(...records);
    expect(large.length).toBeGreaterThan(17 * 1024 * 1024);
    expect((await call('POST', '-spool?offset=0', large)).json()).toEqual({ offset: large.length });
  });
});

describe('telemetry of an attempt', () => {
  it('is returned by the telemetry operations', async () => {
    const trace = readCapturedBody('ok/002-trace');
    const result = readCapturedBody('ok/003-job_result');
    const beacon = (n: number, type: string, body: unknown) => ({
      n,
      kind: 'beacon',
      at,
      type,
      body: JSON.stringify(body),
    });
    const base = `/telemetry/v1/workspaces/${seeded.workspaceId}`;
    const headers = { authorization: `Bearer ${seeded.token}` };
    const get = (path: string) => api.app.inject({ url: `${base}/${path}`, headers });
    expect(readAnswer('get_workspace_watermark', await get('watermark'))).toEqual({ updated_at: null });
    expect((await get(`job-runs/${seeded.run.id}/result`)).statusCode).toBe(404);

    await call(
      'POST',
      '-spool?offset=0',
      chunk(beacon(0, 'trace', trace), beacon(1, 'job_result', result), exit(2)),
    );

    const watermark = readAnswer('get_workspace_watermark', await get('watermark'));
    expect(Date.parse(watermark.updated_at ?? '')).toBeGreaterThan(Date.now() - 60_000);
    const list = async (query: string) =>
      readAnswer('list_pipeline_runs', await get(`pipeline-runs?${query}`));
    const { items, total } = await list('');
    expect(total).toBe(1);
    const [run] = items;
    const name = run?.pipeline_name ?? '';
    expect(run?.status).toBe('succeeded');
    for (const [query, count] of [
      [`pipeline_name=${name}&pipeline_name=other`, 1],
      ['pipeline_name=other', 0],
      [`q=${name.toUpperCase()}`, 1],
      ['status=failed', 0],
      [`job_run_id=${seeded.run.id}`, 1],
      [`dataset_name=${run?.dataset_name}`, 1],
      [`destination_name=${run?.destination_name}&is_empty_run=false`, 1],
      ['start=2999-01-01T00:00:00.000000&timezone=UTC', 0],
      ['sort=total_rows_loaded&order=desc', 1],
    ] as const) {
      expect((await list(query)).total, query).toBe(count);
    }

    const detailed = readAnswer('get_pipeline_run', await get(`pipeline-runs/${run?.id}`));
    expect(detailed).toMatchObject({ ...run, job_run_id: seeded.run.id });
    const sentTrace = readAnswer('get_pipeline_run_trace', await get(`pipeline-runs/${run?.id}/trace`));
    expect(Object.keys(sentTrace).toSorted()).toEqual(Object.keys(trace as object).toSorted());
    expect(sentTrace.steps).toEqual((trace as { steps: unknown }).steps);
    const resultTrace = readAnswer(
      'get_job_run_result_trace',
      await get(`job-runs/${seeded.run.id}/result-trace`),
    );
    expect(resultTrace).toEqual(result);
    const stored = readAnswer('get_job_run_result', await get(`job-runs/${seeded.run.id}/result`));
    expect(stored).toMatchObject({
      job_run_id: seeded.run.id,
      result_type: (result as { type: string }).type,
    });

    const url = `/api/v1/workspaces/${seeded.workspaceId}/job-runs/${seeded.run.id}`;
    const jobRun = await api.app.inject({ url, headers: { authorization: `Bearer ${seeded.owner.key}` } });
    expect(readAnswer('get_job_run', jobRun).pipeline_run_summaries).toMatchObject([
      {
        pipeline_run_id: run?.id,
        pipeline_name: name,
        total_rows: run?.total_rows_loaded,
        status: 'succeeded',
      },
    ]);
  });
});
