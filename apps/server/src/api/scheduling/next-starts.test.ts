import type { ApiFixture } from '../testing/api-fixture.ts';
import type { JobGraphResponse } from '@pumphouse/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { deployJobs } from '../testing/deployed-jobs.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { setNextTick } from '../../store/postgres/testing/alerts.ts';
import { setRun } from '../../store/postgres/testing/runs.ts';

let api: ApiFixture;
let context: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;
let jobIds: Map<string, string>;

const orders = defineJob('jobs.shop.orders', {
  triggers: ['schedule:15 6 * * 1-5', 'webhook:'],
  require: { timezone: 'Europe/Berlin' },
  expose: { display_name: 'Orders' },
});
const report = defineJob('jobs.shop.report', {
  triggers: ['job.success:jobs.shop.orders'],
  freshness: ['job.is_fresh:jobs.shop.orders'],
});

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  context = await api.createWorkspaceFixture();
  await api.createPackages(context.workspace.id, context.owner.membershipId);
  const deployed = await api.services.deploy({
    workspaceId: context.workspace.id,
    membershipId: context.owner.membershipId,
    jobs: [orders, report, defineJob('jobs.shop.apart')],
    deploymentModule: null,
    dryRun: false,
  });
  jobIds = new Map(deployed.jobs.map(({ job }) => [job.jobRef, job.id]));
});

async function get(path: string) {
  const url = `/pumphouse/v1/workspaces/${context.workspace.id}/${path}`;
  return api.app.inject({ url, headers: { authorization: `Bearer ${context.owner.key}` } });
}
const idOf = (ref: string) => jobIds.get(ref) ?? '';

describe('the list of next starts', () => {
  it('names the job, the trigger in words, and what blocks it', async () => {
    await api.services.switchJobs.pause({
      workspaceId: context.workspace.id,
      jobId: idOf('jobs.shop.orders'),
    });
    const answer = readAnswer('list_next_starts', await get('next-starts'));
    expect(answer).toEqual({
      items: [
        {
          at: expect.stringMatching(/T0[45]:15:00.000Z$/) as string,
          source: 'tick',
          job: { id: idOf('jobs.shop.orders'), ref: 'jobs.shop.orders', name: 'Orders' },
          trigger: 'schedule:15 6 * * 1-5',
          trigger_kind: 'schedule',
          trigger_text: 'at 06:15, Monday through Friday',
          time_zone: 'Europe/Berlin',
          job_run_id: null,
          job_run_number: null,
          blocked: {
            code: 'paused',
            detail: 'job jobs.shop.orders is paused',
            may_pass: false,
            by: null,
          },
          last_failed: false,
        },
      ],
      is_truncated: false,
    });
  });

  it.each(['0', '201', 'x'])('rejects a limit of %s', async (limit) => {
    expect((await get(`next-starts?limit=${limit}`)).json()).toMatchObject({ code: 'invalid_request' });
  });
});

describe('the next ticks of a job', () => {
  it('are listed for each clock trigger in its time zone, and empty for other triggers', async () => {
    const path = `jobs/${idOf('jobs.shop.orders')}/next-ticks?limit=2`;
    const answer = readAnswer('list_job_next_ticks', await get(path));
    expect(answer).toMatchObject({ job_id: idOf('jobs.shop.orders'), is_paused: false, is_archived: false });
    expect(answer.triggers).toMatchObject([
      { trigger_text: 'at 06:15, Monday through Friday', time_zone: 'Europe/Berlin' },
      { trigger: 'webhook:', trigger_text: 'on a webhook delivery', time_zone: null, ticks: [] },
      { trigger: 'manual:jobs.shop.orders', trigger_text: 'manual', time_zone: null, ticks: [] },
    ]);
    const [first = '', second = ''] = answer.triggers[0]?.ticks ?? [];
    expect(Date.parse(second) - Date.parse(first)).toBeGreaterThanOrEqual(23 * 3_600_000);
    expect(answer.triggers[0]?.ticks).toHaveLength(2);
  });

  it('are empty for an archived job', async () => {
    const jobId = idOf('jobs.shop.orders');
    await api.app.inject({
      method: 'POST',
      url: `/api/v1/workspaces/${context.workspace.id}/jobs/${jobId}/-archive`,
      headers: { authorization: `Bearer ${context.owner.key}` },
    });
    const answer = readAnswer('list_job_next_ticks', await get(`jobs/${jobId}/next-ticks`));
    expect(answer).toMatchObject({ is_archived: true, triggers: [{ ticks: [] }, {}, {}] });
  });
});

describe('the days of a schedule', () => {
  const daily = defineJob('jobs.shop.daily', {
    triggers: ['schedule:0 6,18 * * *'],
    require: { timezone: 'Europe/Berlin' },
  });
  const at = (time: string) => new Date(`${time}Z`);
  let dailyId: string;
  let run: (columns: Parameters<typeof setRun>[2]) => Promise<void>;

  beforeEach(async () => {
    const jobs = await deployJobs(api, context.workspace.id, context.owner, [daily, report]);
    dailyId = jobs.idOf(daily.job_ref);
    run = async (columns) => {
      const { id } = await jobs.start(daily.job_ref);
      await setRun(api.testDatabase.database, id, columns);
    };
  });
  const read = async (query: Record<string, string>) =>
    readAnswer(
      'list_job_schedule_days',
      await get(`jobs/${dailyId}/schedule-days?${new URLSearchParams(query).toString()}`),
    );

  it('count what happened, by day of the requested zone, also when the clocks change', async () => {
    const ended = { startedAt: at('2026-03-28T22:30:00'), finishedAt: at('2026-03-28T22:31:00') };
    await run({ ...ended, status: 'completed', createdAt: at('2026-03-28T22:59:59') });
    await run({ ...ended, status: 'failed', createdAt: at('2026-03-28T23:00:00') });
    await run({ ...ended, status: 'cancelled', createdAt: at('2026-03-29T21:59:59') });
    const skip = { reasons: ['paused'], firstAt: '2026-03-30T00:00:00Z', lastAt: '2026-03-30T00:00:00Z' };
    const skipped = { status: 'skipped', createdAt: at('2026-03-29T22:00:00') } as const;
    await run({ ...skipped, skip: { ...skip, status: 'skipped_missed', count: 3 } });
    await run({ ...skipped, skip: { ...skip, status: 'skipped_paused', count: 2 } });
    const answer = await read({
      start: '2026-03-28T00:00:00',
      end: '2026-03-31T00:00:00',
      timezone: 'Europe/Berlin',
    });
    const nothing = { completed: 0, failed: 0, cancelled: 0, active: 0, skipped: 0, missed: 0, planned: 0 };
    expect(answer.timezone).toBe('Europe/Berlin');
    expect(answer.days).toEqual([
      {
        ...nothing,
        date: '2026-03-28',
        start: '2026-03-27T23:00:00.000Z',
        end: '2026-03-28T23:00:00.000Z',
        completed: 1,
      },
      {
        ...nothing,
        date: '2026-03-29',
        start: '2026-03-28T23:00:00.000Z',
        end: '2026-03-29T22:00:00.000Z',
        failed: 1,
        cancelled: 1,
      },
      {
        ...nothing,
        date: '2026-03-30',
        start: '2026-03-29T22:00:00.000Z',
        end: '2026-03-30T22:00:00.000Z',
        skipped: 1,
        missed: 3,
      },
    ]);
  });

  it('count the ticks that list_job_next_ticks lists', async () => {
    const ticks = readAnswer('list_job_next_ticks', await get(`jobs/${dailyId}/next-ticks?limit=20`));
    const all = ticks.triggers.flatMap((trigger) => trigger.ticks).map((tick) => Date.parse(tick));
    const answer = await read({ start: ticks.triggers[0]?.ticks[0] ?? '', timezone: 'Asia/Kolkata' });
    expect(answer.planned_until).toBeNull();
    const known = answer.days.slice(0, 8);
    expect(known.map(({ planned }) => planned)).toEqual(
      known.map(
        ({ start, end }) => all.filter((tick) => tick >= Date.parse(start) && tick < Date.parse(end)).length,
      ),
    );
    expect(known.reduce((sum, { planned }) => sum + planned, 0)).toBeGreaterThan(13);
  });

  it('say until when ticks are counted if they are very many', async () => {
    const often = defineJob('jobs.shop.often', { triggers: ['schedule:* * * * *'] });
    const jobs = await deployJobs(api, context.workspace.id, context.owner, [often]);
    dailyId = jobs.idOf(often.job_ref);
    // The first tick is not due yet, however long the deployment took.
    const first = new Date(Math.floor(Date.now() / 3_600_000 + 2) * 3_600_000);
    await setNextTick(api.testDatabase.database, dailyId, first);
    const { days, planned_until: until } = await read({});
    expect(days).toHaveLength(38);
    expect(days.reduce((sum, { planned }) => sum + planned, 0)).toBe(6000);
    expect(until).toBe(new Date(first.getTime() + 5999 * 60_000).toISOString());
  });

  it.each([
    [{ start: '2026-01-02T00:00:00Z', end: '2026-01-01T00:00:00Z' }, 'must be before end'],
    [{ start: '2026-01-01T00:00:00Z', end: '2026-03-10T00:00:00Z' }, 'at most 62 days'],
  ])('reject the range %o', async (query, detail) => {
    const path = `jobs/${dailyId}/schedule-days?${new URLSearchParams(query).toString()}`;
    const answer = await get(path);
    expect(answer.json()).toMatchObject({ code: 'invalid_request' });
    expect(answer.body).toContain(detail);
  });
});

describe('the job graph', () => {
  const read = async (query = ''): Promise<JobGraphResponse> =>
    readAnswer('get_job_graph', await get(`job-graph${query}`));

  it('describes in words which job starts or waits for which', async () => {
    const { nodes, edges, is_truncated: isTruncated } = await read();
    expect(nodes.map(({ ref, name, trigger_texts: texts }) => [ref, name, texts])).toEqual([
      ['jobs.shop.orders', 'Orders', ['at 06:15, Monday through Friday', 'on a webhook delivery']],
      ['jobs.shop.report', 'jobs.shop.report', []],
      ['jobs.shop.apart', 'jobs.shop.apart', []],
    ]);
    const between = { from_job_id: idOf('jobs.shop.orders'), to_job_id: idOf('jobs.shop.report') };
    expect(edges).toEqual([
      {
        ...between,
        kind: 'success',
        trigger: 'job.success:jobs.shop.orders',
        trigger_text: 'after shop.orders succeeds',
      },
      {
        ...between,
        kind: 'freshness',
        trigger: 'job.is_fresh:jobs.shop.orders',
        trigger_text: 'when shop.orders is fresh',
      },
    ]);
    expect(isTruncated).toBe(false);
  });

  it('leaves out jobs unrelated to the requested one, and includes its newest run', async () => {
    const { run } = await api.startRuns.createRun({
      workspaceId: context.workspace.id,
      membershipId: context.owner.membershipId,
      jobId: idOf('jobs.shop.report'),
      trigger: 'manual:',
      profile: null,
      refresh: false,
      skipFreshness: true,
      mode: 'always',
    });
    const { nodes } = await read(`?job_id=${idOf('jobs.shop.report')}`);
    expect(nodes.map(({ ref, last_status: status, last_job_run_id: id }) => [ref, status, id])).toEqual([
      ['jobs.shop.report', 'pending', run.id],
      ['jobs.shop.orders', null, null],
    ]);
  });

  it('is 404 for a job that does not exist', async () => {
    const answer = await get('job-graph?job_id=00000000-0000-4000-8000-000000000000');
    expect(answer.json()).toMatchObject({ code: 'not_found' });
  });
});
