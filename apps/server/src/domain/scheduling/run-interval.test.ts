import { describe, expect, it } from 'vitest';
import { readVectors } from '../../../../../testing/fixtures/vectors.ts';
import { computeRunInterval, nextScheduledRun } from './run-interval.ts';
import { InvalidTriggerError } from '../jobs/trigger.ts';

interface IntervalCase {
  trigger: string;
  now: string;
  prev_interval_end: string | null;
  tz: string;
  out: [string, string];
}

type NextRunCase = {
  trigger: string;
  tz: string;
  prev_scheduled_run: string | null;
  now: string;
} & ({ out: string } | { error: string; message: string });

describe('compute_run_interval vectors of dlt', () => {
  it.each(readVectors<IntervalCase>('compute_run_interval'))(
    '$trigger in $tz at $now after $prev_interval_end',
    ({ trigger, now, prev_interval_end: previousEnd, tz, out }) => {
      const interval = computeRunInterval(trigger, new Date(now), readDate(previousEnd), tz);
      expect([interval.start, interval.end]).toEqual(out.map((text) => new Date(text)));
    },
  );
});

describe('an interval around a half-hour gap that moves 02:15 past 02:40', () => {
  const trigger = 'schedule:15,40 2 * * 0';
  const zone = 'Australia/Lord_Howe';

  it('does not end before its own start on a later day', () => {
    const moved = new Date('2026-10-03T15:45:00Z');
    const late = computeRunInterval(trigger, new Date('2026-10-05T12:00:00Z'), moved, zone);
    expect(late).toEqual({ start: moved, end: moved });
  });

  it('ends at the moved tick, even if its run is late', () => {
    const covered = new Date('2026-10-03T15:40:00Z');
    const late = computeRunInterval(trigger, new Date('2026-10-03T16:30:00Z'), covered, zone);
    expect(late).toEqual({ start: covered, end: new Date('2026-10-03T15:45:00Z') });
  });

  it('of a first run does not start at a future tick', () => {
    const first = computeRunInterval(trigger, new Date('2026-10-03T15:41:00Z'), null, zone);
    expect(first).toEqual({ start: new Date('2026-09-26T16:10:00Z'), end: new Date('2026-10-03T15:40:00Z') });
  });
});

describe('next_scheduled_run vectors of dlt', () => {
  it.each(readVectors<NextRunCase>('next_scheduled_run'))(
    '$trigger in $tz at $now after $prev_scheduled_run',
    (vector) => {
      const previous = readDate(vector.prev_scheduled_run);
      const next = (): Date | null =>
        nextScheduledRun(vector.trigger, new Date(vector.now), previous, vector.tz);
      if ('out' in vector) expect(next()).toEqual(new Date(vector.out));
      else {
        expect(next).toThrow(InvalidTriggerError);
        expect(next).toThrow(vector.message);
      }
    },
  );
});

function readDate(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}
