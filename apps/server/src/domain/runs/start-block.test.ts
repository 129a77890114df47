import type { StartInput } from './start-decision.ts';
import { describe, expect, it } from 'vitest';
import { buildDefinition } from '../jobs/test-definition.ts';
import { plainStartInput } from '../scheduling/test-clocks.ts';
import { findStartBlock } from './start-block.ts';

const now = new Date('2026-11-24T10:07:00Z');
const tomorrow = new Date('2026-11-25T06:00:00Z');
const trigger = 'schedule:0 6 * * *';

const input: StartInput = {
  ...plainStartInput,
  definition: buildDefinition({ triggers: [trigger] }),
  trigger,
  now,
  // Today's tick is covered: nothing would start now.
  lastCompletedEnd: new Date('2026-11-24T06:00:00Z'),
};

const hourly = buildDefinition({ job_ref: 'jobs.up', triggers: ['schedule:0 * * * *'] });
const upstream = (lastCompletedEnd: Date | null) => ({
  constraint: 'job.is_fresh:jobs.up',
  definition: hourly,
  lastCompletedEnd,
});
const full = { activeRunCount: 4, runLimit: 4, usedSeconds: 0, minuteLimit: null };
const usedUp = { activeRunCount: 0, runLimit: null, usedSeconds: 600, minuteLimit: 10 };

describe('the block of a future tick', () => {
  it('is absent if its interval will be over then', () => {
    expect(findStartBlock(input, tomorrow)).toBe(null);
  });

  it.each<[string, Partial<StartInput>, string, boolean, string | null]>([
    ['a pause', { isPaused: true }, 'paused', false, null],
    ['the archive', { isArchived: true }, 'job_archived', false, null],
    ['the archive of the workspace', { isWorkspaceArchived: true }, 'workspace_archived', false, null],
    ['a tick that was missed', { isMissed: true }, 'missed', false, null],
    ['a run of the job', { activeRunCount: 1 }, 'concurrency_limit', true, null],
    [
      'a run of the job, for which it waits',
      { activeRunCount: 1, queue: { isOpen: true, length: 0, sameTriggerNumber: null } },
      'concurrency_limit',
      true,
      null,
    ],
    ['runs of others', { organization: full }, 'organization_concurrency_limit', true, null],
    ['the minutes of the month', { organization: usedUp }, 'minutes_limit', false, null],
    ['an upstream', { upstreams: [upstream(null)] }, 'upstream_stale', true, 'jobs.up'],
    [
      'an interval that is covered already',
      { lastCompletedEnd: new Date('2026-11-26T00:00:00Z') },
      'already_covered',
      false,
      null,
    ],
    [
      'an upstream rather than a capacity limit',
      { upstreams: [upstream(null)], activeRunCount: 1 },
      'upstream_stale',
      true,
      'jobs.up',
    ],
    [
      'a pause rather than an upstream',
      { upstreams: [upstream(null)], isPaused: true },
      'paused',
      false,
      null,
    ],
  ])('is %s', (_, changes, code, mayPass, byRef) => {
    const block = findStartBlock({ ...input, ...changes }, tomorrow);
    expect(block).toMatchObject({ code, mayPass, byRef });
    expect(block?.detail).not.toBe('');
  });

  it('is not an upstream that is fresh now, whatever ticks the upstream has before', () => {
    const fresh = upstream(new Date('2026-11-24T10:00:00Z'));
    expect(findStartBlock({ ...input, upstreams: [fresh] }, tomorrow)).toBe(null);
    expect(findStartBlock({ ...input, upstreams: [upstream(null)], skipFreshness: true }, tomorrow)).toBe(
      null,
    );
  });

  it('is the end of the declared interval if the tick is after it', () => {
    const definition = buildDefinition({
      triggers: [trigger],
      interval: { start: '2026-11-01T00:00:00Z', end: '2026-11-24T06:00:00Z' },
    });
    expect(findStartBlock({ ...input, definition }, tomorrow)?.code).toBe('out_of_interval');
  });

  it('is not the minute limit of a month that will be over', () => {
    const nextMonth = new Date('2026-12-01T06:00:00Z');
    expect(findStartBlock({ ...input, organization: usedUp }, nextMonth)).toBe(null);
  });
});

it('uses the current time for a start without a time and for a due tick', () => {
  for (const at of [null, new Date('2026-11-24T06:00:00Z')])
    expect(findStartBlock(input, at)?.code).toBe('already_covered');
});
