import type { RetrySettings } from '../jobs/job-settings.ts';
import type { RunFailureCode } from './run-failures.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import { decideRetry, hasUserCodeBegun } from './retry-decision.ts';
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

describe('hasUserCodeBegun', () => {
  const at = new Date();
  const reason = { code: 'disk_limit', detail: 'too much' };

  it.each<[string, Parameters<typeof hasUserCodeBegun>[0], boolean]>([
    ['was never admitted', { begunAt: null, startedAt: null, exit: null }, false],
    ['is gone after its admission, without a record', { begunAt: at, startedAt: null, exit: null }, true],
    ['was only seen to end by its executor', { begunAt: at, startedAt: null, exit: { reason: null } }, true],
    ['reported why user code could not start', { begunAt: at, startedAt: null, exit: { reason } }, false],
    ['is gone after user code had started', { begunAt: at, startedAt: at, exit: null }, true],
    ['recorded the exit of user code', { begunAt: at, startedAt: at, exit: { reason: null } }, true],
    ['reported why it ended user code', { begunAt: at, startedAt: at, exit: { reason } }, true],
  ])('of an attempt that %s', (_, start, hasBegun) => {
    expect(hasUserCodeBegun(start)).toBe(hasBegun);
  });
});

/** When user code has run by the time that an attempt fails with a code: on every executor the same. */
type Moment = 'before' | 'after' | 'either';
const moments: Record<RunFailureCode, Moment> = {
  exit_code: 'after',
  check_failed: 'after',
  killed: 'after',
  out_of_memory: 'either',
  machine_out_of_memory: 'either',
  process_limit: 'after',
  disk_limit: 'after',
  timed_out: 'after',
  app_never_listened: 'after',
  start_deadline_passed: 'before',
  attempt_lost: 'either',
  evicted: 'either',
  preempted: 'either',
  node_lost: 'either',
  pod_deleted: 'either',
  pod_not_scheduled: 'before',
  pod_not_started: 'before',
  attempt_unknown: 'either',
  python_not_found: 'before',
  requirements_failed: 'before',
  builder_failed: 'before',
  requirements_invalid_manifest: 'before',
  requirements_missing_group: 'before',
  requirements_local_requirement: 'before',
  requirements_unsupported_line: 'before',
  executor_image: 'before',
  executor_quota: 'before',
  executor_config: 'before',
  stopped_before_start: 'before',
  download_failed: 'before',
  local_data_not_stored: 'after',
  unpack_failed: 'before',
  work_folder_failed: 'before',
  environment_missing: 'before',
  launcher_failed: 'before',
  sandbox_failed: 'before',
  network_failed: 'before',
  bootstrap_failed: 'before',
};

describe('an attempt that failed by default', () => {
  const { retries } = defaultJobSettings;
  const after = codes.filter((code) => moments[code] !== 'before');
  const before = codes.filter((code) => moments[code] !== 'after');

  it.each(after)('is not repeated once user code has run: %s', (code) => {
    expect(decide(code, true, retries)).toEqual({ retry: false });
  });

  it.each(before)('is repeated before user code has run, if the failure may pass: %s', (code) => {
    expect(decide(code, false, retries).retry).toBe(runFailures[code].mayPass);
  });
});
