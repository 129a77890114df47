import type { BackfillRecord, JobRunRecord } from '../../store/records.ts';
import type { CreateBackfillRequest } from './create-backfills.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  fixture.clock.now = new Date('2026-03-10T12:30:00Z');
  context = await createWorkspaceFixture(fixture);
});

const daily = { triggers: ['schedule:0 0 * * *'], execute: { concurrency: 4 } };
const since = (start: string, keys: object = {}) => ({ ...daily, interval: { start }, ...keys });
const day = (date: number) => new Date(Date.UTC(2026, 2, date));
const days = (from: number, to: number) => ({ intervalStart: day(from), intervalEnd: day(to) });

async function create(request: Partial<CreateBackfillRequest> = {}, ref = 'jobs.a'): Promise<BackfillRecord> {
  const { id } = await context.getJob(ref);
  return fixture.createBackfills.create({
    workspaceId: context.workspaceId,
    membershipId: context.membershipId,
    jobId: id,
    start: day(1),
    end: day(6),
    mode: 'missing',
    chunkTicks: 1,
    newestFirst: false,
    parallel: 2,
    profile: null,
    priority: null,
    maxFailures: null,
    ...request,
  });
}

/** Takes steps until none starts anything. */
async function advance({ id }: BackfillRecord): Promise<void> {
  while ((await fixture.advanceBackfills.advance(id)) === 'moved');
}

async function read({ id }: BackfillRecord) {
  const { backfill, counts, ...rest } = await fixture.readBackfills.get(context.workspaceId, id);
  return { ...rest, ...backfill, ...counts };
}

async function listWindows({ id }: BackfillRecord) {
  const options = { after: 0, limit: 1000, statuses: null };
  return (await fixture.readBackfills.listWindows(context.workspaceId, id, options)).windows;
}

async function listActive(ref = 'jobs.a'): Promise<JobRunRecord[]> {
  return (await context.listRuns(ref)).filter(({ status }) => status === 'pending');
}

async function fail(run: JobRunRecord): Promise<void> {
  await context.setRun(run.id, { status: 'running', startedAt: new Date() });
  const failure = { code: 'exit_code', detail: 'It ended with 1.' } as const;
  expect(await fixture.finishRun(run.id, { status: 'failed', failure })).toBe(true);
}

async function completeActive(ref = 'jobs.a'): Promise<void> {
  for (const run of await listActive(ref)) if (!run.isQueued) await context.complete(run);
}

async function tick(): Promise<void> {
  const due = await fixture.store.schedules.listDue(fixture.clock.now, 100);
  for (const one of due) if (one.workspaceId === context.workspaceId) await fixture.startRuns.startTick(one);
}

async function completeTo(from: number, to: number, ref = 'jobs.a'): Promise<void> {
  const run = await context.startRun(ref);
  await context.setRun(run.id, days(from, to));
  await context.complete(await context.getRun(run.id));
}

const scope = ({ id }: BackfillRecord) => ({ workspaceId: context.workspaceId, backfillId: id });
const watermark = async () => (await context.getJob('jobs.a')).completedIntervalEnd;

describe('a backfill', () => {
  beforeEach(() => context.deployAll([defineJob('jobs.a', daily)]));

  it('runs each window once, in order, as many at a time as it may', async () => {
    const backfill = await create({ start: new Date('2026-03-01T07:00:00Z') });
    expect(backfill).toMatchObject({ startsAt: day(1), endsAt: day(6), windowCount: 5, priority: -100 });
    await advance(backfill);
    expect(await listActive()).toMatchObject([
      { ...days(1, 2), priority: -100, backfillId: backfill.id, backfillWindow: 1, refresh: false },
      { ...days(2, 3), backfillWindow: 2, triggeredBy: context.membershipId },
    ]);
    await completeActive();
    await advance(backfill);
    await completeActive();
    await advance(backfill);
    expect(await read(backfill)).toMatchObject({ status: 'running', completed: 4, running: 1, waiting: 0 });
    await completeActive();
    await advance(backfill);
    expect(await read(backfill)).toMatchObject({ status: 'completed', completed: 5, secondsLeft: null });
    expect(await context.listRuns('jobs.a')).toHaveLength(5);
  });

  it('joins ticks to windows, and begins with the newest', async () => {
    const backfill = await create({ chunkTicks: 2, newestFirst: true, parallel: 3 });
    await advance(backfill);
    expect(await listActive()).toMatchObject([days(5, 6), days(3, 5), days(1, 3)]);
  });

  it('loads what its mode selects', async () => {
    await completeTo(1, 3);
    const broken = await context.startRun('jobs.a');
    await context.setRun(broken.id, days(2, 3));
    await fail(broken);
    const { id } = await context.getJob('jobs.a');
    const invalid = { start: day(1), end: day(2), reason: 'The source was wrong.' };
    await fixture.jobWindows.invalidate(context.workspaceId, id, invalid);
    const preview = async (mode: 'missing' | 'failed' | 'all') => {
      const range = { start: day(1), end: day(5), mode, chunkTicks: 1, newestFirst: false, profile: null };
      const { counts, selected } = await fixture.createBackfills.preview(context.workspaceId, id, range);
      return { counts, selected: selected.map(({ start }) => start.getUTCDate()) };
    };
    expect(await preview('missing')).toEqual({
      counts: { completed: 0, running: 0, failed: 1, invalidated: 1, missing: 2 },
      selected: [1, 3, 4],
    });
    expect((await preview('failed')).selected).toEqual([1, 2, 3, 4]);
    expect((await preview('all')).selected).toEqual([1, 2, 3, 4]);
    const backfill = await create({ end: day(3), mode: 'failed' });
    await advance(backfill);
    expect((await preview('all')).selected).toEqual([3, 4]);
    await completeActive();
    expect((await preview('failed')).counts).toMatchObject({ completed: 2, missing: 2 });
  });

  it('pauses after failures, goes on when resumed, and retries windows in another round', async () => {
    const backfill = await create({ maxFailures: 2 });
    await advance(backfill);
    for (const run of await listActive()) await fail(run);
    await advance(backfill);
    expect(await read(backfill)).toMatchObject({ status: 'paused', pauseReason: 'failures', failed: 2 });
    await fixture.changeBackfills.resume(scope(backfill));
    await advance(backfill);
    await completeActive();
    await fixture.changeBackfills.retry(scope(backfill), [2]);
    await advance(backfill);
    expect(await listActive()).toMatchObject([days(2, 3), days(5, 6)]);
    await completeActive();
    await advance(backfill);
    expect(await read(backfill)).toMatchObject({ status: 'failed', completed: 4, failed: 1 });
    await fixture.changeBackfills.retry(scope(backfill), null);
    await advance(backfill);
    await completeActive();
    await advance(backfill);
    expect(await read(backfill)).toMatchObject({ status: 'completed', completed: 5, failed: 0 });
    expect((await listWindows(backfill)).map(({ round }) => round)).toEqual([1, 1, 0, 0, 0]);
  });

  it('starts nothing while paused, and follows a changed number of windows at a time', async () => {
    const backfill = await create({ parallel: 1 });
    await advance(backfill);
    await fixture.changeBackfills.pause(scope(backfill));
    await completeActive();
    await advance(backfill);
    expect(await read(backfill)).toMatchObject({ status: 'paused', completed: 1, waiting: 4 });
    await fixture.changeBackfills.change(scope(backfill), { parallel: 3 });
    await fixture.changeBackfills.resume(scope(backfill));
    await advance(backfill);
    expect(await listActive()).toHaveLength(3);
    await expect(fixture.changeBackfills.resume(scope(backfill))).rejects.toMatchObject({
      code: 'backfill_state',
    });
  });

  it.each([true, false])('is cancelled, its running windows too: %s', async (cancelsRunning) => {
    const backfill = await create();
    await advance(backfill);
    expect(await fixture.changeBackfills.cancel(scope(backfill), cancelsRunning)).toMatchObject({
      status: 'cancelling',
    });
    await advance(backfill);
    if (!cancelsRunning) {
      expect(await read(backfill)).toMatchObject({ status: 'cancelling', running: 2, cancelled: 3 });
      await completeActive();
      await advance(backfill);
    }
    expect(await read(backfill)).toMatchObject({
      status: 'cancelled',
      cancelled: cancelsRunning ? 5 : 3,
      completed: cancelsRunning ? 0 : 2,
    });
    await expect(fixture.changeBackfills.retry(scope(backfill), null)).rejects.toMatchObject({
      code: 'backfill_state',
    });
  });

  it('leaves one run of the job to the schedule, also beside another backfill of the job', async () => {
    await context.deployAll([defineJob('jobs.a', { ...daily, execute: { concurrency: 3 } })]);
    const first = await create({ start: day(1), end: day(3) });
    const second = await create({ start: day(4), end: day(6) });
    await advance(first);
    await advance(second);
    expect(await listActive()).toMatchObject([{ backfillId: first.id }, { backfillId: first.id }]);
    expect(await read(second)).toMatchObject({
      running: 0,
      waitReason:
        '2 windows of other backfills of the job run, and one run of the job is left to its schedule',
    });
    const [window] = await listActive();
    if (window) await context.complete(window);
    await advance(second);
    expect((await listActive()).map(({ backfillId }) => backfillId)).toEqual([first.id, second.id]);
  });

  it('pauses when its job is archived or gets another schedule, and says so', async () => {
    const backfill = await create();
    const { id: jobId } = await context.getJob('jobs.a');
    await fixture.switchJobs.archive({ workspaceId: context.workspaceId, jobId });
    await advance(backfill);
    expect(await read(backfill)).toMatchObject({ status: 'paused', pauseReason: 'job_archived' });
    await expect(fixture.changeBackfills.resume(scope(backfill))).rejects.toMatchObject({
      code: 'job_archived',
    });
    await fixture.switchJobs.unarchive({ workspaceId: context.workspaceId, jobId });
    await fixture.changeBackfills.resume(scope(backfill));
    await context.deployJobs([defineJob('jobs.a', { ...daily, triggers: ['schedule:0 6 * * *'] })]);
    await advance(backfill);
    expect(await read(backfill)).toMatchObject({ status: 'paused', pauseReason: 'schedule_changed' });
    await fixture.changeBackfills.resume(scope(backfill));
    await advance(backfill);
    expect(await listActive()).toMatchObject([days(1, 2), days(2, 3)]);
  });

  it('starts neither followers of the job nor counts its failures as those of the job', async () => {
    await context.deployJobs([
      defineJob('jobs.a', daily),
      defineJob('jobs.b', { triggers: ['job.success:jobs.a'] }),
      defineJob('jobs.c', { triggers: ['job.fail:jobs.a'] }),
    ]);
    const backfill = await create({ end: day(3) });
    await advance(backfill);
    const [first, second] = await listActive();
    if (first) await context.complete(first);
    if (second) await fail(second);
    expect(await context.listRuns('jobs.b')).toEqual([]);
    expect(await context.listRuns('jobs.c')).toEqual([]);
    await expect(fixture.readBackfills.get(context.workspaceId, context.workspaceId)).rejects.toThrow(
      'no backfill',
    );
  });

  it.each([
    [{ start: day(6), end: day(1) }, 'invalid_request'],
    [{ start: day(20), end: day(25) }, 'nothing_to_backfill'],
    [{ profile: 'dev' }, 'invalid_profile'],
  ])('is rejected: %j', async (request, code) => {
    await expect(create(request)).rejects.toMatchObject({ code });
  });

  it('is rejected for jobs without windows, and for ranges with too many', async () => {
    await context.deployJobs([
      defineJob('jobs.a', { triggers: ['tag:x'] }),
      defineJob('jobs.b', { triggers: ['schedule:* * * * *'] }),
      defineJob('jobs.c', { ...daily, refresh_propagation: 'always' }),
    ]);
    await expect(create()).rejects.toMatchObject({ code: 'job_without_schedule' });
    await expect(create({ start: new Date('2020-01-01') }, 'jobs.b')).rejects.toMatchObject({
      code: 'too_many_windows',
    });
    await expect(create({}, 'jobs.c')).rejects.toMatchObject({ code: 'job_refreshes' });
  });
});

describe('a job with one run at a time', () => {
  beforeEach(() => context.deployAll([defineJob('jobs.a', since('2026-03-01', { execute: {} }))]));

  it('runs one window after the other, and its schedule between them', async () => {
    await completeTo(1, 10);
    const backfill = await create({ mode: 'all', end: day(4) });
    await advance(backfill);
    expect(await listActive()).toMatchObject([days(1, 2)]);
    fixture.clock.now = new Date('2026-03-11T00:00:01Z');
    await tick();
    expect(await listActive()).toMatchObject([days(1, 2), { ...days(10, 11), isQueued: true }]);
    await advance(backfill);
    expect((await read(backfill)).waitReason).toBe('a queued run of the job starts first');
    const [window] = await listActive();
    if (window) await context.complete(window);
    await advance(backfill);
    await fixture.releaseQueued.release();
    expect(await listActive()).toMatchObject([{ ...days(10, 11), isQueued: false }]);
    await advance(backfill);
    expect(await listActive()).toHaveLength(1);
    await completeActive();
    await advance(backfill);
    expect(await listActive()).toMatchObject([days(2, 3)]);
  });
});

describe('windows and the schedule', () => {
  const until = (date: number) => {
    fixture.clock.now = new Date(day(date).getTime() + 1000);
  };

  it('leave each other alone: the schedule starts after open windows, and never repeats them', async () => {
    await context.deployAll([defineJob('jobs.a', since('2026-03-01'))]);
    const backfill = await create({ end: day(10) });
    await advance(backfill);
    until(11);
    await tick();
    expect(await listActive()).toMatchObject([days(1, 2), days(2, 3), days(10, 11)]);
    await completeActive();
    expect(await watermark()).toEqual(day(3));
    for (let round = 0; round < 4; round += 1) {
      await advance(backfill);
      await completeActive();
    }
    await advance(backfill);
    expect(await read(backfill)).toMatchObject({ status: 'completed', completed: 9 });
    expect(await watermark()).toEqual(day(11));
    until(12);
    await tick();
    expect(await listActive()).toMatchObject([days(11, 12)]);
  });

  it('are given back to the schedule by a cancelled backfill', async () => {
    await context.deployAll([defineJob('jobs.a', since('2026-03-01'))]);
    const backfill = await create({ end: day(8) });
    until(11);
    await tick();
    await completeActive();
    expect((await context.listRuns('jobs.a')).at(-1)).toMatchObject(days(8, 11));
    await fixture.changeBackfills.cancel(scope(backfill), false);
    until(12);
    await tick();
    expect(await listActive()).toMatchObject([days(1, 8)]);
    await completeActive();
    expect(await watermark()).toEqual(day(11));
    until(13);
    await tick();
    expect(await listActive()).toMatchObject([days(11, 13)]);
  });

  it('after the last run of the schedule move it forward, and a gap does not', async () => {
    await context.deployAll([defineJob('jobs.a', daily)]);
    await completeTo(1, 3);
    const backfill = await create({ start: day(3), end: day(6), newestFirst: true, parallel: 1 });
    const reached = [];
    for (let round = 0; round < 3; round += 1) {
      await advance(backfill);
      await completeActive();
      reached.push(await watermark());
    }
    expect(reached).toEqual([day(3), day(3), day(6)]);
  });

  it('that a run completes meanwhile are covered, and do not start', async () => {
    await context.deployAll([defineJob('jobs.a', daily)]);
    const backfill = await create({ parallel: 1, mode: 'all' });
    const run = await context.startRun('jobs.a');
    await context.setRun(run.id, days(1, 4));
    await advance(backfill);
    expect(await listActive()).toMatchObject([days(1, 4), days(4, 5)]);
    await context.complete(await context.getRun(run.id));
    expect((await listWindows(backfill)).map(({ status }) => status)).toEqual([
      'covered',
      'covered',
      'covered',
      'running',
      'waiting',
    ]);
  });

  it('wait for a refresh, which covers them', async () => {
    await context.deployAll([defineJob('jobs.a', since('2026-03-01'))]);
    const backfill = await create();
    await advance(backfill);
    const refresh = await context.startRun('jobs.a', { refresh: true });
    expect(refresh).toMatchObject({ isQueued: true });
    await advance(backfill);
    await completeActive();
    await fixture.releaseQueued.release();
    await advance(backfill);
    expect(await listActive()).toMatchObject([{ ...days(1, 10), refresh: true }]);
    await completeActive();
    await advance(backfill);
    expect(await read(backfill)).toMatchObject({ status: 'completed', covered: 3, completed: 2 });
  });
});
