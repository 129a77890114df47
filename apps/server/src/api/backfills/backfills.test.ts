import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { readAnswer } from '../testing/check-answer.ts';

let api: ApiFixture;
let owner: TestCaller;
let workspaceId: string;
let jobId: string;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  const context = await api.createWorkspaceFixture();
  owner = context.owner;
  workspaceId = context.workspace.id;
  await api.createPackages(workspaceId, owner.membershipId);
  const { jobs } = await api.services.deploy({
    workspaceId,
    membershipId: owner.membershipId,
    jobs: [
      defineJob('jobs.load', {
        triggers: ['schedule:0 0 * * *'],
        execute: { concurrency: 3 },
        interval: { start: '2026-01-01' },
      }),
    ],
    deploymentModule: '__deployment__',
    dryRun: false,
  });
  jobId = jobs[0]?.job.id ?? '';
});

const call = (method: 'GET' | 'POST' | 'PATCH', path: string, payload?: object) =>
  api.app.inject({
    method,
    url: `/pumphouse/v1/workspaces/${workspaceId}/${path}`,
    headers: { authorization: `Bearer ${owner.key}` },
    ...(payload && { payload }),
  });

const january = { start: '2026-01-01T00:00:00Z', end: '2026-01-11T00:00:00Z' };
const create = async (payload: object = {}) =>
  readAnswer('create_backfill', await call('POST', `jobs/${jobId}/backfills`, { ...january, ...payload }));

describe('a backfill', () => {
  it('is previewed, created, listed and read', async () => {
    const preview = readAnswer(
      'preview_backfill',
      await call('POST', `jobs/${jobId}/backfills/-preview`, { ...january, chunk_ticks: 4, limit: 2 }),
    );
    expect(preview).toEqual({
      range: { start: '2026-01-01T00:00:00.000Z', end: '2026-01-11T00:00:00.000Z' },
      counts: { completed: 0, running: 0, failed: 0, invalidated: 0, missing: 10 },
      window_count: 3,
      turns_on: null,
      windows: [
        { start: '2026-01-01T00:00:00.000Z', end: '2026-01-05T00:00:00.000Z' },
        { start: '2026-01-05T00:00:00.000Z', end: '2026-01-09T00:00:00.000Z' },
      ],
    });
    const created = await create({ parallel: 2, max_failures: 3 });
    expect(created).toMatchObject({
      job_ref: 'jobs.load',
      status: 'running',
      window_count: 10,
      counts: { waiting: 10, running: 0 },
      seconds_left: null,
      created_by: owner.membershipId,
    });
    const list = readAnswer('list_backfills', await call('GET', `backfills?job_id=${jobId}&is_open=true`));
    expect(list).toMatchObject({ total: 1, items: [{ id: created.id }] });
    const ended = readAnswer('list_backfills', await call('GET', 'backfills?is_open=false'));
    expect(ended.items).toEqual([]);
    expect(readAnswer('get_backfill', await call('GET', `backfills/${created.id}`))).toEqual(created);
  });

  it('shows its windows in pages and its runs in the list of runs', async () => {
    const { id } = await create({ parallel: 2 });
    await api.services.advanceBackfills.advance(id);
    const windows = async (query: string) =>
      readAnswer('list_backfill_windows', await call('GET', `backfills/${id}/windows?${query}`));
    const first = await windows('limit=4');
    expect(first.items.map(({ number, status }) => [number, status])).toEqual([
      [1, 'running'],
      [2, 'running'],
      [3, 'waiting'],
      [4, 'waiting'],
    ]);
    expect(first.next_after).toBe(4);
    expect((await windows('after=8')).next_after).toBeNull();
    expect((await windows('status=running')).items).toHaveLength(2);
    const runs = readAnswer('list_run_overviews', await call('GET', `job-runs?backfill_id=${id}`));
    expect(runs.total).toBe(2);
    expect(runs.items.map(({ backfill }) => backfill)).toContainEqual({ id, window: 1 });
  });

  it('is paused, changed, resumed, cancelled, and retried only where its state allows it', async () => {
    const { id } = await create();
    const act = (action: string, payload?: object) => call('POST', `backfills/${id}/-${action}`, payload);
    expect(readAnswer('pause_backfill', await act('pause'))).toMatchObject({
      status: 'paused',
      pause_detail: 'A user paused it.',
    });
    expect((await act('pause')).json()).toMatchObject({ code: 'backfill_state' });
    const changed = await call('PATCH', `backfills/${id}`, { parallel: 5, max_failures: null });
    expect(readAnswer('change_backfill', changed)).toMatchObject({ parallel: 5, status: 'paused' });
    expect(readAnswer('resume_backfill', await act('resume'))).toMatchObject({ status: 'running' });
    expect((await act('retry', {})).json()).toMatchObject({ code: 'nothing_to_retry' });
    expect(readAnswer('cancel_backfill', await act('cancel', {}))).toMatchObject({
      status: 'cancelling',
      counts: { cancelled: 10 },
    });
    await api.services.advanceBackfills.advance(id);
    expect(readAnswer('get_backfill', await call('GET', `backfills/${id}`)).status).toBe('cancelled');
    expect((await act('retry', {})).statusCode).toBe(409);
  });

  it('has bounds on its numbers', async () => {
    for (const payload of [{ parallel: 0 }, { parallel: 1001 }, { chunk_ticks: 0 }, { mode: 'none' }]) {
      const response = await call('POST', `jobs/${jobId}/backfills`, { ...january, ...payload });
      expect(response.statusCode).toBe(400);
    }
  });
});

describe('the calendar of a job', () => {
  const calendar = async () =>
    readAnswer(
      'get_job_calendar',
      await call('GET', `jobs/${jobId}/calendar?start=2025-12-20T00:00:00Z&end=2026-01-04T00:00:00Z`),
    );

  it('has a day for each window within the interval, with what a user invalidated', async () => {
    const response = await call('POST', `jobs/${jobId}/-invalidate-windows`, {
      start: '2026-01-02T05:00:00Z',
      end: '2026-01-03T00:00:00Z',
      reason: 'The source was wrong.',
    });
    expect(readAnswer('invalidate_job_windows', response)).toEqual({
      start: '2026-01-02T00:00:00.000Z',
      end: '2026-01-03T00:00:00.000Z',
      window_count: 1,
    });
    const { days, ...job } = await calendar();
    expect(job).toEqual({
      timezone: 'UTC',
      declared_start: '2026-01-01T00:00:00.000Z',
      declared_end: null,
    });
    expect(days.map(({ date, counts }) => [date, counts.missing, counts.invalidated])).toEqual([
      ['2026-01-01', 1, 0],
      ['2026-01-02', 0, 1],
      ['2026-01-03', 1, 0],
    ]);
  });

  it('is limited in its length', async () => {
    const path = `jobs/${jobId}/calendar?start=2020-01-01T00:00:00Z&end=2026-01-04T00:00:00Z`;
    expect((await call('GET', path)).json()).toMatchObject({ code: 'invalid_request' });
  });
});
