import { describe, expect, it } from 'vitest';
import { computeNextRunAt, listClockTriggers } from './next-run.ts';
import { buildDefinition } from './test-definition.ts';

const NOW = new Date('2026-11-24T10:07:00Z');
const NEVER_RAN = { previousScheduledRun: null, lastCompletedEnd: null };

describe('computeNextRunAt', () => {
  it('reads a schedule in the zone of the job', () => {
    const job = buildDefinition({ triggers: ['schedule:0 6 * * *'], require: { timezone: 'Europe/Berlin' } });
    expect(computeNextRunAt(job, 'schedule:0 6 * * *', NOW, NEVER_RAN)).toEqual(
      new Date('2026-11-25T05:00:00Z'),
    );
  });

  it('fires once: one time only, at once where its instant has passed', () => {
    const trigger = 'once:2026-01-01';
    const job = buildDefinition({ triggers: [trigger] });
    expect(computeNextRunAt(job, trigger, NOW, NEVER_RAN)).toEqual(NOW);
    expect(computeNextRunAt(job, trigger, NOW, { ...NEVER_RAN, previousScheduledRun: NOW })).toBeNull();
  });

  it('stops when the declared interval is covered, not when it is merely over', () => {
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
  it('leaves out events', () => {
    const triggers = ['tag:x', 'every:5m', 'http:', 'once:2027-01-01', 'job.success:jobs.a'];
    expect(listClockTriggers(buildDefinition({ triggers }))).toEqual(['every:5m', 'once:2027-01-01']);
  });
});
