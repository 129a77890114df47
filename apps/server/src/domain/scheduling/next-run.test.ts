import { describe, expect, it } from 'vitest';
import { computeNextRunAt, listClockTriggers, listTicksFrom } from './next-run.ts';
import { buildDefinition } from '../jobs/test-definition.ts';

const NOW = new Date('2026-11-24T10:07:00Z');
const NEVER_RAN = { previousScheduledRun: null, lastCompletedEnd: null };

describe('computeNextRunAt', () => {
  it("reads a schedule in the job's time zone", () => {
    const job = buildDefinition({ triggers: ['schedule:0 6 * * *'], require: { timezone: 'Europe/Berlin' } });
    expect(computeNextRunAt(job, 'schedule:0 6 * * *', NOW, NEVER_RAN)).toEqual(
      new Date('2026-11-25T05:00:00Z'),
    );
  });

  it('fires once: only once, and at once if its instant has passed', () => {
    const trigger = 'once:2026-01-01';
    const job = buildDefinition({ triggers: [trigger] });
    expect(computeNextRunAt(job, trigger, NOW, NEVER_RAN)).toEqual(NOW);
    expect(computeNextRunAt(job, trigger, NOW, { ...NEVER_RAN, previousScheduledRun: NOW })).toBeNull();
  });

  it("stops when runs cover the declared interval, not when the interval's end has passed", () => {
    const trigger = 'schedule:0 6 * * *';
    const job = buildDefinition({
      triggers: [trigger],
      interval: { start: '2026-01-01', end: '2026-02-01' },
    });
    const partly = { ...NEVER_RAN, lastCompletedEnd: new Date('2026-01-30T06:00:00Z') };
    expect(computeNextRunAt(job, trigger, NOW, partly)).toEqual(new Date('2026-11-25T06:00:00Z'));
    const covered = { ...NEVER_RAN, lastCompletedEnd: new Date('2026-01-31T06:00:00Z') };
    expect(computeNextRunAt(job, trigger, NOW, covered)).toBeNull();
  });
});

describe('listClockTriggers', () => {
  it('excludes events', () => {
    const triggers = ['tag:x', 'every:5m', 'http:', 'once:2027-01-01', 'job.success:jobs.a'];
    expect(listClockTriggers(buildDefinition({ triggers }))).toEqual(['every:5m', 'once:2027-01-01']);
  });
});

describe('listTicksFrom', () => {
  const now = new Date('2026-03-10T12:30:00Z');
  const list = (keys: Parameters<typeof buildDefinition>[0], first: string, limit = 3) => {
    const definition = buildDefinition(keys);
    const ticks = listTicksFrom(definition, definition.triggers[0] ?? '', {
      first: new Date(first),
      now,
      limit,
    });
    return ticks.map((tick) => tick.toISOString().replace('.000Z', 'Z'));
  };

  it.each([
    ['schedule:0 6 * * *', '2026-03-11T06:00:00Z', ['2026-03-12T06:00:00Z', '2026-03-13T06:00:00Z']],
    ['every:10m', '2026-03-10T12:37:00Z', ['2026-03-10T12:47:00Z', '2026-03-10T12:57:00Z']],
    ['once:2026-03-11T00:00:00Z', '2026-03-11T00:00:00Z', []],
  ])('continues from the next tick of %s', (trigger, first, following) => {
    expect(list({ triggers: [trigger] }, first)).toEqual([first, ...following]);
  });

  it("follows the zone's wall clock when it moves forward", () => {
    const triggers = ['schedule:30 6 * * *'];
    expect(list({ triggers, require: { timezone: 'Europe/Berlin' } }, '2026-03-28T05:30:00Z')).toEqual([
      '2026-03-28T05:30:00Z',
      '2026-03-29T04:30:00Z',
      '2026-03-30T04:30:00Z',
    ]);
  });

  it('ends with the declared interval', () => {
    const interval = { start: '2026-03-01T00:00:00Z', end: '2026-03-12T00:00:00Z' };
    const triggers = ['schedule:0 0 * * *'];
    expect(list({ triggers, interval }, '2026-03-11T00:00:00Z', 50)).toEqual([
      '2026-03-11T00:00:00Z',
      '2026-03-12T00:00:00Z',
    ]);
  });

  it('starts with an overdue tick, which stands for all ticks up to now', () => {
    expect(list({ triggers: ['schedule:0 * * * *'] }, '2026-03-10T11:00:00Z')).toEqual([
      '2026-03-10T11:00:00Z',
      '2026-03-10T13:00:00Z',
      '2026-03-10T14:00:00Z',
    ]);
  });
});
