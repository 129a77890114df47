import { describe, expect, it } from 'vitest';
import { readVectors } from '../../../../testing/fixtures/vectors.ts';
import { computeRunInterval, nextScheduledRun } from './run-interval.ts';
import { InvalidTriggerError } from './trigger.ts';

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
