import type { RetrySettings } from '../jobs/job-settings.ts';
import type { RunFailureCode } from './run-failures.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import { decideRetry } from './retry-decision.ts';
import { defaultJobSettings, RETRY_REASONS } from '../jobs/job-settings.ts';
import { runFailures } from './run-failures.ts';

const always: RetrySettings = { count: 3, backoffSeconds: 30, on: RETRY_REASONS };
const codes = Object.keys(runFailures) as RunFailureCode[];
const decide = (code: RunFailureCode, hasBegun: boolean, settings = always, retriesSoFar = 0) =>
  decideRetry({ code, hasBegun, retriesSoFar }, settings);

describe('decideRetry', () => {
  it('by default retries attempts whose code had not started, if the failure may be temporary', () => {
    const { retries } = defaultJobSettings;
    const retried = codes.filter((code) => decide(code, false, retries).retry);
    expect(retried).toEqual(codes.filter((code) => runFailures[code].mayPass && code !== 'timed_out'));
    expect(retried).toContain('attempt_lost');
    expect(retried).not.toContain('requirements_failed');
    expect(codes.filter((code) => decide(code, true, retries).retry)).toEqual([]);
  });

  it('never retries a failure that is certain to repeat', () => {
    const lasting = codes.filter((code) => !runFailures[code].mayPass);
    expect(lasting).toEqual(
      expect.arrayContaining([
        'python_not_found',
        'requirements_failed',
        'executor_config',
        'executor_image',
      ]),
    );
    for (const code of lasting) expect(decide(code, false)).toEqual({ retry: false });
  });

  it.each<[RetrySettings['on'][number], RunFailureCode, boolean, boolean]>([
    ['failed', 'exit_code', true, true],
    ['failed', 'attempt_lost', true, true],
    ['failed', 'attempt_lost', false, true],
    ['failed', 'timed_out', true, false],
    ['timed_out', 'timed_out', true, true],
    ['timed_out', 'exit_code', true, false],
    ['timed_out', 'attempt_lost', false, false],
    ['not_begun', 'attempt_lost', false, true],
    ['not_begun', 'attempt_lost', true, false],
    ['not_begun', 'exit_code', true, false],
  ])('on %s, for %s with user code started (%s): %s', (on, code, hasBegun, retry) => {
    expect(decide(code, hasBegun, { ...always, on: [on] }).retry).toBe(retry);
  });

  it('doubles the delay each time, up to an hour, or up to a longer configured delay', () => {
    const waits = (backoffSeconds: number) =>
      [0, 1, 2, 7, 19].map((retriesSoFar) => {
        const decision = decide('exit_code', true, { ...always, count: 20, backoffSeconds }, retriesSoFar);
        return decision.retry && decision.afterSeconds;
      });
    expect(waits(30)).toEqual([30, 60, 120, 3600, 3600]);
    expect(waits(0)).toEqual([0, 0, 0, 0, 0]);
    expect(waits(7200)).toEqual([7200, 7200, 7200, 7200, 7200]);
  });

  it('allows as many retries as configured, with delays that never get shorter', () => {
    const settings = fc.record({
      count: fc.integer({ min: 0, max: 20 }),
      backoffSeconds: fc.integer({ min: 0, max: 24 * 3600 }),
      on: fc.constant(RETRY_REASONS),
    });
    fc.assert(
      fc.property(settings, fc.boolean(), (given, hasBegun) => {
        const waits: number[] = [];
        for (;;) {
          const decision = decide('exit_code', hasBegun, given, waits.length);
          if (!decision.retry) break;
          waits.push(decision.afterSeconds);
        }
        expect(waits).toHaveLength(given.count);
        expect(waits).toEqual(waits.toSorted((a, b) => a - b));
      }),
      { seed: propertySeed },
    );
  });
});
