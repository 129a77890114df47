import type { FeedingSchedule, FreshnessInput } from './pipeline-freshness.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveFreshness, findExpectedSeconds } from './pipeline-freshness.ts';
import { propertySeed } from '../../../../../testing/fixtures/property-seed.ts';

const anyMoment = new Date('2026-11-02T00:00Z');

function by(trigger: string, changes: Partial<FeedingSchedule> = {}): FeedingSchedule {
  const { timeZone = 'UTC' } = changes;
  const triggers = ['manual:', trigger];
  const expectedEverySeconds = findExpectedSeconds({ triggers, timeZone }, anyMoment);
  return { triggers, timeZone, isPaused: false, isArchived: false, expectedEverySeconds, ...changes };
}

const assess = (now: string, lastSuccessAt: string | null, schedules: FeedingSchedule[], minutes = 0) => {
  const input: FreshnessInput = {
    lastSuccessAt: lastSuccessAt === null ? null : new Date(lastSuccessAt),
    lastSuccessDurationMs: minutes * 60_000,
    isFailing: false,
    schedules,
  };
  return deriveFreshness(input, new Date(now));
};

describe('deriveFreshness', () => {
  it.each([
    // Monday 2 to Monday 9 November 2026.
    ['no start due', '2026-11-02T10:59Z', '2026-11-02T10:00Z', by('every:1h'), 'fresh'],
    ['one start missed', '2026-11-04T05:59Z', '2026-11-02T06:10Z', by('schedule:0 6 * * *'), 'due'],
    ['the second due', '2026-11-04T06:00Z', '2026-11-02T06:10Z', by('schedule:0 6 * * *'), 'stale'],
    ['a weekend between', '2026-11-09T05:00Z', '2026-11-06T06:10Z', by('schedule:0 6 * * 1-5'), 'fresh'],
    ['Tuesday after it', '2026-11-10T06:00Z', '2026-11-06T06:10Z', by('schedule:0 6 * * 1-5'), 'stale'],
    ['less than two periods', '2026-11-02T11:59Z', '2026-11-02T10:00Z', by('every:1h'), 'due'],
    ['two periods', '2026-11-02T12:00Z', '2026-11-02T10:00Z', by('every:1h'), 'stale'],
    [
      'a zone behind',
      '2026-11-04T10:59Z',
      '2026-11-02T11:10Z',
      by('schedule:0 6 * * *', { timeZone: 'America/New_York' }),
      'due',
    ],
  ])('%s: at %s, last %s', (_name, now, lastSuccessAt, schedule, state) => {
    expect(assess(now, lastSuccessAt, [schedule])).toMatchObject({
      isStale: state === 'stale',
      state,
    });
  });

  it('gives the second start the time that the last success took', () => {
    const at = (now: string) => assess(now, '2026-11-02T06:50Z', [by('schedule:0 * * * *')], 50);
    expect(at('2026-11-02T08:49Z').isStale).toBe(false);
    expect(at('2026-11-02T08:50Z')).toMatchObject({ isStale: true, staleAt: new Date('2026-11-02T08:50Z') });
  });

  it('uses the schedule that is due first, and ignores paused and archived jobs', () => {
    const schedules = [
      by('every:1d'),
      by('every:1h', { isPaused: true }),
      by('every:1m', { isArchived: true }),
    ];
    expect(assess('2026-11-02T12:00Z', '2026-11-02T06:00Z', schedules)).toMatchObject({
      state: 'fresh',
      expectedEverySeconds: 86_400,
      staleAt: new Date('2026-11-04T06:00Z'),
      detail: 'Last succeeded 6 hours ago; a start is due every day.',
    });
    expect(assess('2026-11-02T12:00Z', '2026-11-02T06:00Z', [...schedules, by('every:2h')])).toMatchObject({
      state: 'stale',
      isStale: true,
      expectedEverySeconds: 7200,
    });
  });

  it('never reports stale without a schedule, and reports the age', () => {
    const at = (schedules: FeedingSchedule[]) => assess('2026-11-12T06:00Z', '2026-11-02T06:00Z', schedules);
    const old = { isStale: false, staleAt: null, expectedEverySeconds: null, ageSeconds: 864_000 };
    for (const none of [
      [],
      [by('job.success:jobs.a.b')],
      [by('once:2026-11-02T06:00:00Z')],
      [by('every:1h', { isArchived: true })],
    ])
      expect(at(none)).toMatchObject({ ...old, state: 'not_scheduled' });
    const paused = at([by('every:1h', { isPaused: true })]);
    expect(paused).toMatchObject({ ...old, state: 'schedule_paused' });
    expect(paused.detail).toBe('Last succeeded 10 days ago; its scheduled jobs are paused.');
  });

  it('is stale if it never succeeded although a schedule exists', () => {
    const unknown = { state: 'never_succeeded', ageSeconds: null, staleAt: null };
    expect(assess('2026-11-02T06:00Z', null, [])).toMatchObject({ ...unknown, isStale: false });
    expect(assess('2026-11-02T06:00Z', null, [by('every:1h')])).toMatchObject({ ...unknown, isStale: true });
  });

  it('is failing however new its data is, and still tells that the data is stale', () => {
    const at = (now: string) => ({
      ...deriveFreshness(
        {
          lastSuccessAt: new Date('2026-11-02T10:00Z'),
          lastSuccessDurationMs: 0,
          isFailing: true,
          schedules: [by('every:1h')],
        },
        new Date(now),
      ),
    });
    expect(at('2026-11-02T10:30Z')).toMatchObject({
      state: 'failing',
      isStale: false,
      detail: 'The last run failed. Last succeeded 30 minutes ago; a start is due every hour.',
    });
    expect(at('2026-11-02T12:30Z')).toMatchObject({ state: 'failing', isStale: true });
  });

  it('handles a clock that is behind, and a year in the past', () => {
    expect(assess('2026-11-02T06:00Z', '2026-11-02T06:00:05Z', [by('every:1h')])).toMatchObject({
      ageSeconds: 0,
      state: 'fresh',
    });
    expect(assess('2026-11-02T06:00Z', '2025-11-02T06:00Z', [by('schedule:0 6 1 1 * 0 2020')])).toMatchObject(
      {
        isStale: false,
        state: 'not_scheduled',
      },
    );
  });

  it('only grows older: a stale pipeline stays stale until the next success', () => {
    const trigger = fc.constantFrom(
      'every:15m',
      'every:1d',
      'schedule:*/7 * * * *',
      'schedule:0 6 * * 1',
      'schedule:0 2 * * *',
    );
    const minutes = fc.integer({ min: 0, max: 60 * 24 * 30 });
    const start = Date.parse('2026-10-20T00:00Z');
    fc.assert(
      fc.property(trigger, minutes, minutes, minutes, (each, success, later, latest) => {
        const schedules = [by(each, { timeZone: 'Europe/Berlin' })];
        const at = (after: number) =>
          assess(
            new Date(start + (success + after) * 60_000).toISOString(),
            new Date(start + success * 60_000).toISOString(),
            schedules,
          );
        const [one, other] = [at(Math.min(later, latest)), at(Math.max(later, latest))];
        expect(one.isStale && !other.isStale).toBe(false);
        expect(one.staleAt).toEqual(other.staleAt);
      }),
      { seed: propertySeed },
    );
  });
});

it.each([
  ['every:90m', 5400],
  ['schedule:0 6 * * 1-5', 86_400],
  ['schedule:*/10 * * * *', 600],
  ['schedule:0 6 * * 1', 604_800],
  ['webhook:', null],
])('findExpectedSeconds of %s is %s on any day', (trigger, seconds) => {
  for (let day = 2; day < 9; day += 1)
    expect(findExpectedSeconds(by(trigger), new Date(Date.UTC(2026, 10, day, 12)))).toBe(seconds);
});
