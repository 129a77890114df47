/** Backfills whose windows are inserted, cancelled and removed in portions. */
import type { BackfillRecord } from '../../store/records.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFakeExecutor } from '../../executors/fake/fake-executor.ts';
import { createRetentionFixture } from '../testing/retention-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());

const hourly = 'schedule:0 * * * *';
const hourMs = 3_600_000;
const start = new Date('2026-01-01T00:00:00Z');
const hour = (number: number) => new Date(start.getTime() + number * hourMs);

beforeEach(async () => {
  fixture.clock.now = new Date('2026-03-10T12:30:00Z');
  context = await createWorkspaceFixture(fixture);
  await context.deployAll([
    defineJob('jobs.a', {
      triggers: [hourly],
      execute: { concurrency: 4 },
      interval: { start: '2026-01-01' },
    }),
  ]);
});

async function create(
  hours: number,
  keys: { newestFirst?: boolean; from?: number; mode?: 'missing' | 'all' } = {},
) {
  const { id: jobId } = await context.getJob('jobs.a');
  const { from = 0, newestFirst = false, mode = 'missing' } = keys;
  return fixture.createBackfills.create({
    workspaceId: context.workspaceId,
    membershipId: context.membershipId,
    jobId,
    start: hour(from),
    end: hour(from + hours),
    mode,
    chunkTicks: 1,
    newestFirst,
    parallel: 2,
    profile: null,
    priority: null,
    maxFailures: null,
  });
}

const scope = ({ id }: BackfillRecord) => ({ workspaceId: context.workspaceId, backfillId: id });
const advance = ({ id }: BackfillRecord) => fixture.advanceBackfills.advance(id);

async function read({ id }: BackfillRecord) {
  const { backfill, counts, ...rest } = await fixture.readBackfills.get(context.workspaceId, id);
  return { ...rest, ...backfill, ...counts };
}

async function listWindows({ id }: BackfillRecord, after = 0, limit = 1000) {
  const options = { after, limit, statuses: null };
  return (await fixture.readBackfills.listWindows(context.workspaceId, id, options)).windows;
}

describe('a backfill of many windows', () => {
  it('inserts them in portions, says how far it is, and starts none before', async () => {
    const backfill = await create(1200);
    expect(backfill).toMatchObject({
      status: 'preparing',
      windowCount: 1200,
      waitReason: 'its windows are being created: 0 of 1200',
    });
    expect(await read(backfill)).toMatchObject({ status: 'preparing', waiting: 1200, secondsLeft: null });
    expect(await advance(backfill)).toBe('moved');
    expect(await read(backfill)).toMatchObject({
      waitReason: 'its windows are being created: 500 of 1200',
      waiting: 1200,
      running: 0,
    });
    await advance(backfill);
    await advance(backfill);
    expect(await read(backfill)).toMatchObject({
      status: 'running',
      waitReason: null,
      preparedCount: null,
      waiting: 1200,
    });
    const numbers = [...(await listWindows(backfill)), ...(await listWindows(backfill, 1000))];
    expect(numbers.map(({ number, startsAt }) => [number, startsAt])).toEqual(
      Array.from({ length: 1200 }, (_, index) => [index + 1, hour(index)]),
    );
    await advance(backfill);
    expect(await read(backfill)).toMatchObject({ status: 'running', running: 2, waiting: 1198 });
  });

  it('keeps its order from the newest', async () => {
    const backfill = await create(501, { newestFirst: true });
    await advance(backfill);
    await advance(backfill);
    const windows = await listWindows(backfill);
    expect(windows).toHaveLength(501);
    expect([windows[0]?.startsAt, windows.at(-1)?.startsAt]).toEqual([hour(500), hour(0)]);
  });

  it('keeps its time from the schedule and from other backfills while they are inserted', async () => {
    await create(600);
    await expect(create(300)).rejects.toMatchObject({ code: 'nothing_to_backfill' });
    const { id } = await context.getJob('jobs.a');
    fixture.clock.now = new Date('2026-03-10T13:00:01Z');
    await fixture.startRuns.startTick({ jobId: id, trigger: hourly });
    const [run] = await context.listRuns('jobs.a');
    expect(run).toMatchObject({ intervalStart: hour(600), intervalEnd: new Date('2026-03-10T13:00:00Z') });
  });

  it('is cancelled while they are inserted, and gives its time back', async () => {
    const backfill = await create(1600);
    await advance(backfill);
    await advance(backfill);
    await advance(backfill);
    await fixture.changeBackfills.cancel(scope(backfill), false);
    while ((await advance(backfill)) === 'moved');
    expect(await read(backfill)).toMatchObject({ status: 'cancelled', waiting: 0, cancelled: 1600 });
    expect(await listWindows(backfill, 1499)).toMatchObject([{ number: 1500, status: 'cancelled' }]);
    const { windowCount } = await create(1600);
    expect(windowCount).toBe(1600);
  });

  it('cannot be paused or retried before they are inserted', async () => {
    const backfill = await create(501);
    await expect(fixture.changeBackfills.pause(scope(backfill))).rejects.toMatchObject({
      code: 'backfill_state',
      message: 'The backfill is preparing, so it cannot be paused.',
    });
    await fixture.changeBackfills.change(scope(backfill), { parallel: 3 });
    expect(await read(backfill)).toMatchObject({ status: 'preparing', parallel: 3 });
  });

  it('retries as many as failed', async () => {
    const backfill = await create(1100);
    while ((await read(backfill)).status === 'preparing') await advance(backfill);
    await fixture.changeBackfills.pause(scope(backfill));
    await setColumns(fixture.database, 'backfill_windows', { status: 'failed' }, { backfillId: backfill.id });
    await fixture.changeBackfills.retry(scope(backfill), null);
    expect(await read(backfill)).toMatchObject({ failed: 0, waiting: 1100 });
  });
});

describe('a refresh of the job while windows are inserted', () => {
  const refreshOf = () => context.startRun('jobs.a', { refresh: true });
  const fail = { status: 'failed', failure: { code: 'exit_code', detail: 'It ended with 1.' } } as const;

  async function prepare(backfill: BackfillRecord): Promise<void> {
    while ((await read(backfill)).status === 'preparing') await advance(backfill);
  }

  async function advanceToRest(backfill: BackfillRecord): Promise<void> {
    while ((await advance(backfill)) === 'moved');
  }

  it.each(['missing', 'all'] as const)('covers all windows of the mode %s that it loads', async (mode) => {
    const backfill = await create(1200, { mode });
    await advance(backfill);
    const run = await refreshOf();
    expect(run).toMatchObject({ isQueued: false, intervalStart: start });
    await context.complete(run);
    expect(await read(backfill)).toMatchObject({ status: 'preparing', covered: 500, waiting: 700 });
    await prepare(backfill);
    await advanceToRest(backfill);
    expect(await read(backfill)).toMatchObject({ status: 'completed', covered: 1200, waiting: 0 });
    expect(await context.listRuns('jobs.a')).toHaveLength(1);
  });

  it('lets no window start before its end', async () => {
    const backfill = await create(1200, { mode: 'all' });
    const run = await refreshOf();
    await prepare(backfill);
    await advanceToRest(backfill);
    expect(await read(backfill)).toMatchObject({
      status: 'running',
      waiting: 1200,
      waitReason: 'a refresh of the job runs first',
    });
    await context.complete(run);
    await advanceToRest(backfill);
    expect(await read(backfill)).toMatchObject({ status: 'completed', covered: 1200 });
  });

  it('that fails stays pending, and the next run covers the windows', async () => {
    const backfill = await create(1200);
    await advance(backfill);
    const run = await refreshOf();
    await context.setRun(run.id, { status: 'running', startedAt: new Date() });
    await fixture.finishRun(run.id, fail);
    expect(await context.getJob('jobs.a')).toMatchObject({ refreshPending: true });
    await prepare(backfill);
    await advanceToRest(backfill);
    expect(await read(backfill)).toMatchObject({
      waiting: 1200,
      running: 0,
      waitReason: 'a refresh of the job runs first',
    });
    const again = await context.startRun('jobs.a');
    expect(again).toMatchObject({ refresh: true, intervalStart: start });
    await context.complete(again);
    await advanceToRest(backfill);
    expect(await read(backfill)).toMatchObject({ status: 'completed', covered: 1200 });
  });
});

describe('windows that a user skips', () => {
  it('do not start, and do not count as failed or cancelled', async () => {
    const backfill = await create(5);
    await fixture.changeBackfills.skip(scope(backfill), [1, 3, 4, 5]);
    await advance(backfill);
    expect(await read(backfill)).toMatchObject({ skipped: 4, running: 1, waiting: 0 });
    const [run] = await context.listRuns('jobs.a');
    expect(run?.backfillWindow).toBe(2);
    await expect(fixture.changeBackfills.skip(scope(backfill), [1, 2])).rejects.toMatchObject({
      code: 'nothing_to_skip',
    });
    if (run) await context.setRun(run.id, { status: 'running', startedAt: new Date() });
    await fixture.finishRun(run?.id ?? '', {
      status: 'failed',
      failure: { code: 'exit_code', detail: 'It ended with 1.' },
    });
    await advance(backfill);
    expect(await read(backfill)).toMatchObject({ status: 'failed', failed: 1, skipped: 4 });
    await fixture.changeBackfills.skip(scope(backfill), [2]);
    expect(await read(backfill)).toMatchObject({ status: 'completed', failed: 0, skipped: 5 });
    expect((await read(backfill)).endedAt).not.toBeNull();
  });

  it('wait again when they are retried by number, and not with all others', async () => {
    const backfill = await create(3);
    await fixture.changeBackfills.skip(scope(backfill), [1, 2]);
    await expect(fixture.changeBackfills.retry(scope(backfill), null)).rejects.toMatchObject({
      code: 'nothing_to_retry',
    });
    await fixture.changeBackfills.retry(scope(backfill), [2]);
    expect((await listWindows(backfill)).map(({ status }) => status)).toEqual([
      'skipped',
      'waiting',
      'waiting',
    ]);
  });
});

describe('ended backfills', () => {
  it('are removed after the age of runs, and what they loaded stays completed', async () => {
    const kept = createRetentionFixture(fixture, context, createFakeExecutor());
    const backfill = await create(2);
    const open = await create(2, { from: 10 });
    await advance(backfill);
    for (const run of await context.listRuns('jobs.a')) await context.complete(run);
    await advance(backfill);
    expect(await read(backfill)).toMatchObject({ status: 'completed', completed: 2 });
    const long = new Date(Date.now() - 40 * 24 * hourMs);
    await setColumns(fixture.database, 'backfills', { endedAt: long }, { id: backfill.id });
    for (const { id, backfillId } of await context.listRuns('jobs.a'))
      if (backfillId === backfill.id) await context.setRun(id, { finishedAt: long });
    await kept.purge('runs=41d');
    expect(await read(backfill)).toMatchObject({ completed: 2 });
    await kept.purge('runs=30d');
    await expect(read(backfill)).rejects.toMatchObject({ code: 'not_found' });
    expect(await read(open)).toMatchObject({ windowCount: 2 });
    // The newest run of a job stays.
    expect((await context.listRuns('jobs.a')).length).toBeLessThan(2);
    const { id } = await context.getJob('jobs.a');
    const range = {
      start: hour(0),
      end: hour(3),
      mode: 'missing' as const,
      chunkTicks: 1,
      newestFirst: false,
    };
    const { counts } = await fixture.createBackfills.preview(context.workspaceId, id, {
      ...range,
      profile: null,
    });
    expect(counts).toMatchObject({ completed: 2, missing: 1 });
  });
});

describe('windows that write with one pipeline', () => {
  const question = { pipeline: 'orders', dataset: null };

  async function begin(runId: string) {
    const { id } = await context.createAttempt(await context.getRun(runId));
    return fixture.holdPipelines.ask(id, question);
  }

  it('take turns once they have waited for each other, until a user asks for more at a time', async () => {
    const backfill = await create(6);
    await advance(backfill);
    const first = await context.listRuns('jobs.a');
    expect(first).toHaveLength(2);
    for (const { id } of first) await begin(id);
    await advance(backfill);
    expect(await read(backfill)).toMatchObject({ turnsOn: 'orders', parallel: 2, running: 2 });
    const waiting = (await listWindows(backfill)).find(({ status }) => status === 'running');
    expect(waiting).toBeDefined();
    for (const { id } of first) await context.complete(await context.getRun(id));
    await advance(backfill);
    await advance(backfill);
    expect(await read(backfill)).toMatchObject({
      running: 1,
      waitReason:
        "the windows take turns: each writes with the pipeline 'orders', which one run has at a time",
    });
    await fixture.changeBackfills.change(scope(backfill), { parallel: 2 });
    await advance(backfill);
    expect(await read(backfill)).toMatchObject({ turnsOn: null, running: 2 });
  });
});
