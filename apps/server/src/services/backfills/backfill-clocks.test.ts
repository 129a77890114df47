/** Windows follow the schedule of the job: its zone, clock changes, months, and periods. */
import type { RunInterval } from '../../domain/scheduling/run-interval.ts';
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
  fixture.clock.now = new Date('2026-12-01T12:30:00Z');
  context = await createWorkspaceFixture(fixture);
});

const hourMs = 3_600_000;
const berlin = 'Europe/Berlin';

interface Asked {
  start: string;
  end: string;
  chunkTicks?: number;
}

async function deploy(trigger: string, timezone = 'UTC', keys: object = {}): Promise<void> {
  await context.deployAll([defineJob('jobs.a', { triggers: [trigger], require: { timezone }, ...keys })]);
}

async function create({ start, end, chunkTicks = 1 }: Asked) {
  const { id: jobId } = await context.getJob('jobs.a');
  return fixture.createBackfills.create({
    workspaceId: context.workspaceId,
    membershipId: context.membershipId,
    jobId,
    start: new Date(start),
    end: new Date(end),
    mode: 'missing',
    chunkTicks,
    newestFirst: false,
    parallel: 2,
    profile: null,
    priority: null,
    maxFailures: null,
  });
}

async function planWindows(asked: Asked): Promise<RunInterval[]> {
  const { id } = await create(asked);
  const options = { after: 0, limit: 1000, statuses: null };
  const { windows } = await fixture.readBackfills.listWindows(context.workspaceId, id, options);
  return windows.map(({ startsAt, endsAt }) => ({ start: startsAt, end: endsAt }));
}

const hoursOf = (windows: readonly RunInterval[]) =>
  windows.map(({ start, end }) => (end.getTime() - start.getTime()) / hourMs);

async function readCalendar(start: string, end: string) {
  const { id } = await context.getJob('jobs.a');
  const range = { start: new Date(start), end: new Date(end) };
  const { days } = await fixture.jobWindows.calendar(context.workspaceId, id, range);
  return days.map(({ date, counts, ...day }) => ({ ...day, date, missing: counts.missing }));
}

/** Lets the schedule run at each instant, and lists the intervals of its runs. */
async function followSchedule(instants: readonly Date[]): Promise<RunInterval[]> {
  for (const instant of instants) {
    fixture.clock.now = new Date(instant.getTime() + 1000);
    const due = await fixture.store.schedules.listDue(fixture.clock.now, 100);
    for (const one of due)
      if (one.workspaceId === context.workspaceId) await fixture.startRuns.startTick(one);
    for (const run of await context.listRuns('jobs.a'))
      if (run.status === 'pending') await context.complete(run);
  }
  return (await context.listRuns('jobs.a')).flatMap(({ intervalStart: start, intervalEnd: end }) =>
    start && end ? [{ start, end }] : [],
  );
}

const repeat = (count: number, hours: number) => Array.from({ length: count }, () => hours);

describe('windows of a zone', () => {
  it.each([
    ['0 0 * * *', berlin, '2026-03-28T23:00:00Z', '2026-03-30T22:00:00Z', [23, 24]],
    ['30 2 * * *', 'America/New_York', '2026-03-07T07:30:00Z', '2026-03-09T06:30:00Z', [24, 23]],
    // On 29 March 02:30 does not exist, and is 03:30.
    ['30 2 * * *', berlin, '2026-03-28T01:30:00Z', '2026-03-31T00:30:00Z', [24, 23, 24]],
    // On 25 October it is twice, and only the first one is a tick.
    ['30 2 * * *', berlin, '2026-10-24T00:30:00Z', '2026-10-27T01:30:00Z', [24, 25, 24]],
    // 02:00 is 03:00.
    ['0 * * * *', berlin, '2026-03-28T22:00:00Z', '2026-03-29T23:00:00Z', repeat(25, 1)],
    // 02:00 is twice, so one window has two hours.
    [
      '0 * * * *',
      berlin,
      '2026-10-24T22:00:00Z',
      '2026-10-25T23:00:00Z',
      [...repeat(2, 1), 2, ...repeat(21, 1)],
    ],
  ])('%s in %s follow its clock changes after %s', async (cron, timezone, start, end, hours) => {
    await deploy(`schedule:${cron}`, timezone);
    const windows = await planWindows({ start, end });
    expect(hoursOf(windows)).toEqual(hours);
    expect([windows[0]?.start, windows.at(-1)?.end]).toEqual([new Date(start), new Date(end)]);
  });

  it.each([
    ['30 2 * * *', '2026-03-28T01:30:00Z', '2026-03-31T00:30:00Z'],
    ['30 2 * * *', '2026-10-24T00:30:00Z', '2026-10-27T01:30:00Z'],
    ['0 * * * *', '2026-03-28T22:00:00Z', '2026-03-29T06:00:00Z'],
    ['0 * * * *', '2026-10-24T22:00:00Z', '2026-10-25T06:00:00Z'],
  ])('%s are the intervals that the schedule loads after %s', async (cron, start, end) => {
    const trigger = `schedule:${cron}`;
    await deploy(trigger, berlin, { interval: { start } });
    const windows = await planWindows({ start, end });
    // In a workspace of its own, because there the schedule would leave the windows to the backfill.
    context = await createWorkspaceFixture(fixture);
    fixture.clock.now = new Date(start);
    await deploy(trigger, berlin, { interval: { start } });
    expect(await followSchedule(windows.map((window) => window.end))).toEqual(windows);
  });

  it('begin on the days of the zone', async () => {
    await deploy('schedule:0 * * * *', berlin);
    const spring = await readCalendar('2026-03-27T23:00:00Z', '2026-03-30T22:00:00Z');
    expect(spring.map(({ date, missing }) => [date, missing])).toEqual([
      ['2026-03-28', 24],
      ['2026-03-29', 23],
      ['2026-03-30', 24],
    ]);
    const autumn = await readCalendar('2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z');
    expect(autumn).toEqual([
      {
        date: '2026-10-25',
        missing: 24,
        start: new Date('2026-10-24T22:00:00Z'),
        end: new Date('2026-10-25T23:00:00Z'),
      },
    ]);
  });
});

describe('windows of months', () => {
  const monthly = 'schedule:0 0 1 * *';

  it('have the lengths of the months', async () => {
    await deploy(monthly, berlin);
    const hours = hoursOf(await planWindows({ start: '2026-01-15T00:00:00Z', end: '2026-11-20T00:00:00Z' }));
    expect(hours).toEqual([31 * 24, 28 * 24, 743, 30 * 24, 744, 720, 744, 744, 720, 745]);
  });

  it('join to quarters', async () => {
    await deploy(monthly);
    const year = { start: '2025-01-01T00:00:00Z', end: '2026-01-01T00:00:00Z' };
    expect(hoursOf(await planWindows({ ...year, chunkTicks: 3 }))).toEqual(
      [90, 91, 92, 92].map((count) => count * 24),
    );
  });

  it('of a day that few months have span the months without it', async () => {
    await deploy('schedule:0 0 31 * *');
    expect(await planWindows({ start: '2026-01-31T00:00:00Z', end: '2026-06-15T00:00:00Z' })).toEqual([
      { start: new Date('2026-01-31'), end: new Date('2026-03-31') },
      { start: new Date('2026-03-31'), end: new Date('2026-05-31') },
    ]);
  });

  it('are clipped to the declared interval, whose bounds are ticks', async () => {
    await deploy(monthly, 'UTC', { interval: { start: '2026-02-10', end: '2026-04-20' } });
    expect(await planWindows({ start: '2026-01-01T00:00:00Z', end: '2026-12-01T00:00:00Z' })).toEqual([
      { start: new Date('2026-02-01'), end: new Date('2026-03-01') },
      { start: new Date('2026-03-01'), end: new Date('2026-04-01') },
    ]);
  });
});

describe('a calendar', () => {
  it.each([
    ['schedule:30 * * * *', { '2026-09-30': 24, '2026-10-31': 24, '2026-11-01': 24 }],
    ['schedule:0 6 * * *', { '2026-09-30': 1, '2026-10-31': 1, '2026-11-01': 1 }],
    ['schedule:0 0 1 * *', { '2026-09-01': 1, '2026-10-01': 1, '2026-11-01': 1 }],
    ['schedule:0 0 15 */2 *', { '2026-09-15': 1 }],
    ['every:7h', { '2026-09-30': 3, '2026-10-31': 4, '2026-11-01': 3 }],
  ])(
    'of adjacent months has each window of %s once, on the day on which it begins',
    async (trigger, expected) => {
      await deploy(trigger);
      const found = [
        ...(await readCalendar('2026-09-01T00:00:00Z', '2026-10-01T00:00:00Z')),
        ...(await readCalendar('2026-10-01T00:00:00Z', '2026-11-01T00:00:00Z')),
        ...(await readCalendar('2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z')),
      ];
      const dates = found.map(({ date }) => date);
      expect(dates).toEqual([...new Set(dates)]);
      const chosen = found.filter(({ date }) => date in expected);
      expect(Object.fromEntries(chosen.map(({ date, missing }) => [date, missing]))).toEqual(expected);
    },
  );
});

describe('windows of an every: trigger', () => {
  const day = (date: number) => new Date(Date.UTC(2026, 2, date));
  const range = (from: number, to: number) => ({
    start: day(from).toISOString(),
    end: day(to).toISOString(),
  });

  it('are loaded only as far as no run has completed them, as a run ends between two', async () => {
    fixture.clock.now = new Date('2026-03-10T12:30:00Z');
    await deploy('every:6h', 'UTC', { execute: { concurrency: 4 }, interval: { start: '2026-03-09' } });
    const run = await context.startRun('jobs.a', { trigger: 'every:6h' });
    expect(run).toMatchObject({ intervalStart: day(9), intervalEnd: fixture.clock.now });
    await context.complete(run);
    fixture.clock.now = new Date('2026-03-10T19:00:00Z');
    const backfill = await create(range(9, 11));
    while ((await fixture.advanceBackfills.advance(backfill.id)) === 'moved');
    const active = (await context.listRuns('jobs.a')).filter(({ status }) => status === 'pending');
    expect(active).toMatchObject([
      { intervalStart: new Date('2026-03-10T12:30:00Z'), intervalEnd: new Date('2026-03-10T18:00:00Z') },
    ]);
  });

  it('are periods since the declared start', async () => {
    fixture.clock.now = new Date('2026-03-10T12:30:00Z');
    await deploy('every:6h', 'UTC', { interval: { start: '2026-03-01T01:00:00Z' } });
    expect(await planWindows(range(1, 2))).toEqual([
      { start: new Date('2026-03-01T01:00:00Z'), end: new Date('2026-03-01T07:00:00Z') },
      { start: new Date('2026-03-01T07:00:00Z'), end: new Date('2026-03-01T13:00:00Z') },
      { start: new Date('2026-03-01T13:00:00Z'), end: new Date('2026-03-01T19:00:00Z') },
    ]);
  });

  it('end with the declared end, though a shorter period is left', async () => {
    fixture.clock.now = new Date('2026-03-10T12:30:00Z');
    await deploy('every:6h', 'UTC', { interval: { start: '2026-03-01', end: '2026-03-01T08:00:00Z' } });
    expect(hoursOf(await planWindows(range(1, 3)))).toEqual([6, 2]);
  });
});
