import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import type { RouteResponse } from '@pumphouse/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { copyRun, setRun } from '../../store/postgres/testing/runs.ts';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { createReader, deployJobs, type DeployedJobs } from '../testing/deployed-jobs.ts';

let api: ApiFixture;
let owner: TestCaller;
let workspaceId: string;
let jobs: DeployedJobs;

const orders = 'jobs.shop.orders';
const report = 'jobs.shop.report';
const hourMs = 3_600_000;
const start = '2026-03-10T00:00:00.000Z';
const end = '2026-03-11T00:00:00.000Z';
const at = (time: string) => new Date(`2026-03-10T${time}Z`);
const ms = (time: string) => at(time).getTime() - Date.parse(start);

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  const context = await api.createWorkspaceFixture();
  owner = context.owner;
  workspaceId = context.workspace.id;
  jobs = await deployJobs(api, workspaceId, owner, [
    defineJob(orders, {
      triggers: ['schedule:15 6 * * *', 'tag:finance'],
      require: { timezone: 'Europe/Berlin' },
      expose: { display_name: 'Orders', tags: ['finance'] },
      execute: { concurrency: null },
    }),
    defineJob(report, { triggers: [`job.success:${orders}`], expose: { display_name: 'Report' } }),
  ]);
});

const read = (query: Record<string, string> = { start, end }) =>
  createReader(api, workspaceId, owner)('get_timeline', `timeline?${new URLSearchParams(query).toString()}`);

/** Adds a run with these columns. */
async function add(columns: Parameters<typeof setRun>[2], jobRef = orders): Promise<string> {
  const { id } = await jobs.start(jobRef);
  await setRun(api.testDatabase.database, id, columns);
  return id;
}

const ended = (createdAt: Date, startedAt: Date, finishedAt: Date) =>
  ({ status: 'completed', createdAt, startedAt, finishedAt }) as const;

const idsOf = ({ runs }: RouteResponse<'get_timeline'>) => runs.ids;

describe('the runs of a timeline', () => {
  it('are columns with times relative to the start', async () => {
    const id = await add({
      ...ended(at('06:15:00'), at('06:16:00'), at('06:20:00')),
      tickAt: at('06:15:00'),
    });
    const answer = await read();
    expect(answer.jobs).toEqual([
      {
        id: jobs.idOf(orders),
        ref: orders,
        name: 'Orders',
        tags: ['finance'],
        is_starred: false,
        is_paused: false,
        is_archived: false,
        schedule: 'at 06:15',
      },
      expect.objectContaining({
        ref: report,
        name: 'Report',
        schedule: 'after shop.orders succeeds',
      }),
    ]);
    expect(answer.runs).toEqual({
      ids: [id],
      jobs: [0],
      numbers: [1],
      statuses: ['completed'],
      created_ms: [ms('06:15:00')],
      started_ms: [ms('06:16:00')],
      finished_ms: [ms('06:20:00')],
      tick_ms: [ms('06:15:00')],
      waits: [],
      retries: [],
      skips: [],
    });
    expect(answer).toMatchObject({ start, end, counts: null, has_more_jobs: false });
  });

  it('overlap the range, whenever they were created', async () => {
    const before = new Date(Date.parse(start) - hourMs);
    const after = new Date(Date.parse(end) + hourMs);
    await add(ended(before, before, new Date(Date.parse(start) - 1)));
    const endedIn = await add(ended(before, before, at('00:00:00')));
    const around = await add(ended(before, before, after));
    const active = await add({ status: 'running', createdAt: before, startedAt: before });
    const inside = await add(ended(at('12:00:00'), at('12:00:00'), after));
    await add(ended(new Date(end), new Date(end), after));
    expect(idsOf(await read()).toSorted()).toEqual([endedIn, around, active, inside].toSorted());
  });

  it('name what they wait or waited for, their retries, and skipped starts', async () => {
    const waiting = await add({ createdAt: at('01:00:00'), waitReason: 'Waiting for a free slot' });
    const claimed = await jobs.start(orders);
    await setRun(api.testDatabase.database, claimed.id, {
      createdAt: at('02:00:00'),
      waitReason: 'Waiting for its turn',
    });
    await api.createAttempt(claimed);
    await setRun(api.testDatabase.database, claimed.id, { claimNumber: 2 });
    const { database } = api.testDatabase;
    await database.execute(
      `insert into attempts (job_run_id, number, claim_number, executor, created_at)
       values ($1, 2, 2, 'process', $2)`,
      [claimed.id, at('02:05:00')],
    );
    await add({
      status: 'skipped',
      createdAt: at('03:00:00'),
      finishedAt: at('03:00:00'),
      skip: { status: 'skipped_missed', reasons: ['no server ran'], count: 2, firstAt: start, lastAt: start },
    });
    const { runs } = await read();
    expect(runs.ids.slice(0, 2)).toEqual([waiting, claimed.id]);
    expect(runs.waits).toEqual([
      { run: 0, reason: 'Waiting for a free slot' },
      { run: 1, reason: 'Waiting for its turn' },
    ]);
    expect(runs.retries).toEqual([{ run: 1, at_ms: ms('02:05:00') }]);
    expect(runs.skips).toEqual([{ run: 2, reason: 'no server ran', count: 2, is_missed: true }]);
  });

  it('are counted by job and time if they are more than the limit, except active ones', async () => {
    const active = await add({ status: 'running', createdAt: at('13:00:00'), startedAt: at('13:00:00') });
    const id = await add(ended(at('00:01:00'), at('00:01:00'), at('00:02:00')));
    await copyRun(api.testDatabase.database, id, 4, (n) => ({
      ...ended(at('12:00:00'), at('12:00:00'), at('12:01:00')),
      status: n === 1 ? 'failed' : 'completed',
    }));
    expect((await read({ start, end, limit: '6' })).counts).toBeNull();
    const { runs, counts } = await read({ start, end, limit: '5' });
    expect(runs.ids).toEqual([active]);
    expect(counts).toEqual({
      bucket_ms: 720_000,
      jobs: [0, 0],
      buckets: [0, 60],
      completed: [1, 3],
      failed: [0, 1],
      cancelled: [0, 0],
      skipped: [0, 0],
    });
  });

  it('are those of one workspace', async () => {
    await add(ended(at('06:15:00'), at('06:16:00'), at('06:20:00')));
    const other = await api.createWorkspaceFixture();
    const answer = await createReader(
      api,
      other.workspace.id,
      other.owner,
    )('get_timeline', `timeline?start=${start}&end=${end}`);
    expect([answer.runs.ids, answer.jobs]).toEqual([[], []]);
    const refused = await api.app.inject({
      url: `/pumphouse/v1/workspaces/${workspaceId}/timeline`,
      headers: { authorization: `Bearer ${other.owner.key}` },
    });
    expect(refused.statusCode).toBe(404);
  });
});

describe('the planned ticks of a timeline', () => {
  const soon = () => new Date(Math.floor(Date.now() / hourMs) * hourMs);
  const range = (days: number) => {
    const from = soon();
    return { start: from.toISOString(), end: new Date(from.getTime() + days * 24 * hourMs).toISOString() };
  };
  const planned = async (during: ReturnType<typeof range>) => {
    const answer = await read(during);
    return answer.schedules.map((schedule) => ({
      ...schedule,
      ticks: schedule.ticks_ms.map((offset) => new Date(Date.parse(answer.start) + offset).toISOString()),
    }));
  };

  it('are those that the scheduler will fire, in the zone of the job', async () => {
    const threeDays = range(3);
    const [schedule, ...others] = await planned(threeDays);
    expect(others).toEqual([]);
    expect(schedule).toMatchObject({
      job: 0,
      trigger: 'schedule:15 6 * * *',
      trigger_kind: 'schedule',
      trigger_text: 'at 06:15',
      time_zone: 'Europe/Berlin',
    });
    const { triggers } = await createReader(
      api,
      workspaceId,
      owner,
    )('list_job_next_ticks', `jobs/${jobs.idOf(orders)}/next-ticks?limit=10`);
    const expected = triggers.flatMap(({ ticks }) => ticks).filter((tick) => tick < threeDays.end);
    // Two in the hour of the tick, once it has passed: the range begins before it, and ends before the third.
    expect(expected.length).toBeGreaterThanOrEqual(2);
    expect(schedule?.ticks).toEqual(expected);
  });

  it('include an overdue tick', async () => {
    const { database } = api.testDatabase;
    const dueAt = new Date(Date.now() - 60_000);
    await database.execute('update schedules set next_tick_at = $2 where job_id = $1', [
      jobs.idOf(orders),
      dueAt,
    ]);
    const answer = await read({ start: new Date(dueAt.getTime() - hourMs).toISOString() });
    expect(answer.schedules[0]?.ticks_ms[0]).toBe(hourMs);
  });

  it('end where too many would follow', async () => {
    const { workspace, owner: other } = await api.createWorkspaceFixture();
    await deployJobs(api, workspace.id, other, [
      defineJob('jobs.often', { triggers: ['schedule:* * * * *'] }),
    ]);
    const { start: from, end: to } = range(30);
    const answer = await createReader(
      api,
      workspace.id,
      other,
    )('get_timeline', `timeline?start=${from}&end=${to}`);
    const ticks = answer.schedules[0]?.ticks_ms ?? [];
    expect(ticks).toHaveLength(300);
    expect(answer.ticks_until).toBe(new Date(Date.parse(from) + (ticks.at(-1) ?? 0)).toISOString());
  });
});

it.each([
  `start=${end}&end=${start}`,
  `start=2026-01-01T00:00:00Z&end=${end}`,
  'limit=10001',
  'limit=0',
  'start=yesterday',
])('rejects %s', async (query) => {
  const url = `/pumphouse/v1/workspaces/${workspaceId}/timeline?${query}`;
  const answer = await api.app.inject({ url, headers: { authorization: `Bearer ${owner.key}` } });
  expect(answer.json()).toMatchObject({ code: 'invalid_request' });
});
