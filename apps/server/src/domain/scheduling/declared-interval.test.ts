import { describe, expect, it } from 'vitest';
import { readVectors } from '../../../../../testing/fixtures/vectors.ts';
import {
  clampToWindow,
  computeLocalInterval,
  InvalidIntervalError,
  resolveDeclaredWindow,
  resolveIntervalSpec,
} from './declared-interval.ts';
import { type DeclaredInterval, getTimeZone, type JobRequire } from '../jobs/job-definition.ts';
import { parseTrigger } from '../jobs/trigger.ts';

interface SpecCase {
  spec: DeclaredInterval;
  cron: string;
  tz: string;
  out: [string, string];
}

interface LocalCase {
  case: string;
  job: { triggers: [string]; interval?: DeclaredInterval; require?: JobRequire };
  user_start: string | null;
  user_end: string | null;
  refresh: boolean;
  now: string;
  out: [string, string, string];
}

const NOW = new Date('2026-11-24T10:07:00Z');

describe('resolve_interval_spec vectors of dlt', () => {
  it.each(readVectors<SpecCase>('resolve_interval_spec'))(
    '$spec.start to $spec.end on $cron in $tz',
    ({ spec, cron, tz, out }) => {
      const { start, end } = resolveIntervalSpec(spec, cron, tz, NOW);
      expect([start, end]).toEqual(out.map((text) => new Date(text)));
    },
  );
});

describe('local_runner_interval vectors of dlt', () => {
  it.each(readVectors<LocalCase>('local_runner_interval'))('$case', (vector) => {
    const { job, refresh, now, out } = vector;
    const zone = getTimeZone(job);
    const bounds = { start: vector.user_start, end: vector.user_end };
    const trigger = parseTrigger(job.triggers[0]);
    const { start, end } = computeLocalInterval(trigger, job, zone, new Date(now), refresh, bounds);
    expect([start, end, zone]).toEqual([new Date(out[0]), new Date(out[1]), out[2]]);
  });
});

describe('a declared interval', () => {
  it('ends at the last tick if it declares no end', () => {
    expect(resolveIntervalSpec({ start: '2026-11-20' }, '0 6 * * *', 'UTC', NOW)).toEqual({
      start: new Date('2026-11-19T06:00:00Z'),
      end: new Date('2026-11-24T06:00:00Z'),
    });
  });

  it('has no window if undeclared, and an open window without an end', () => {
    expect(resolveDeclaredWindow({ triggers: ['every:1h'] }, 'UTC')).toBeNull();
    expect(
      resolveDeclaredWindow({ triggers: ['every:1h'], interval: { start: '2026-11-20T00:30' } }, 'UTC'),
    ).toEqual({
      start: new Date('2026-11-20T00:30:00Z'),
      end: null,
    });
  });

  it('clips an interval at both ends', () => {
    const day = { start: new Date('2026-11-24T00:00:00Z'), end: new Date('2026-11-25T00:00:00Z') };
    const wide = { start: new Date('2026-11-20T00:00:00Z'), end: new Date('2026-11-30T00:00:00Z') };
    expect(clampToWindow(wide, day)).toEqual(day);
    expect(clampToWindow(wide, null)).toBe(wide);
  });

  it('rejects a bound that is not a date', () => {
    expect(() => resolveIntervalSpec({ start: 'soon' }, '0 6 * * *', 'UTC', NOW)).toThrow(
      InvalidIntervalError,
    );
  });
});
