import type { RetrySettings } from '../jobs/job-settings.ts';
import type { RunFailureCode } from './run-failures.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import { decideRetry, hasUserCodeBegun, type UserCodeStart } from './retry-decision.ts';
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

type Executor = 'process' | 'docker' | 'kubernetes';
/** When the reason occurs: before user code begins, after it has begun, at both times, or never there. */
type Moment = 'before' | 'after' | 'both' | 'never';

const everywhere = (moment: Moment): Record<Executor, Moment> => ({
  process: moment,
  docker: moment,
  kubernetes: moment,
});
const inPods = (moment: Moment): Record<Executor, Moment> => ({ ...everywhere('never'), kubernetes: moment });

/** A new reason has to be entered here. `process` covers cold and forked starts, `docker` Podman and prepared containers. */
const moments: Record<RunFailureCode, Record<Executor, Moment>> = {
  exit_code: everywhere('after'),
  check_failed: everywhere('after'),
  killed: everywhere('after'),
  out_of_memory: everywhere('after'),
  machine_out_of_memory: everywhere('after'),
  process_limit: everywhere('after'),
  disk_limit: everywhere('after'),
  timed_out: everywhere('both'),
  app_never_listened: everywhere('after'),
  start_deadline_passed: everywhere('before'),
  attempt_lost: everywhere('both'),
  evicted: inPods('both'),
  preempted: inPods('both'),
  node_lost: inPods('both'),
  pod_deleted: inPods('both'),
  pod_not_scheduled: inPods('before'),
  pod_not_started: inPods('before'),
  attempt_unknown: everywhere('both'),
  python_not_found: everywhere('before'),
  requirements_failed: everywhere('before'),
  builder_failed: everywhere('before'),
  requirements_invalid_manifest: everywhere('before'),
  requirements_invalid_package_sources: everywhere('before'),
  requirements_missing_group: everywhere('before'),
  requirements_local_requirement: everywhere('before'),
  requirements_unsupported_line: everywhere('before'),
  executor_image: { ...everywhere('before'), process: 'never' },
  executor_quota: everywhere('before'),
  executor_config: everywhere('before'),
  stopped_before_start: everywhere('before'),
  download_failed: everywhere('before'),
  local_data_not_stored: inPods('after'),
  unpack_failed: everywhere('before'),
  work_folder_failed: everywhere('before'),
  environment_missing: everywhere('before'),
  launcher_failed: everywhere('before'),
  // A forked run that ends without a report may have begun.
  sandbox_failed: { ...everywhere('before'), process: 'both' },
  network_failed: everywhere('before'),
  bootstrap_failed: everywhere('before'),
};

const at = new Date('2026-03-10T10:00:00Z');
const reason = { code: 'disk_limit' };
const states: Record<'before' | 'after', Record<string, UserCodeStart>> = {
  before: {
    'was never admitted': { begunAt: null, startedAt: null, exit: null },
    'was never admitted, as an executor observed': { begunAt: null, startedAt: null, exit: { reason: null } },
    'reported why user code could not start': { begunAt: at, startedAt: null, exit: { reason } },
  },
  after: {
    'is gone after its admission, without a record': { begunAt: at, startedAt: null, exit: null },
    'was only seen to end by its executor': { begunAt: at, startedAt: null, exit: { reason: null } },
    'is gone after user code had started': { begunAt: at, startedAt: at, exit: null },
    'recorded the exit of user code': { begunAt: at, startedAt: at, exit: { reason: null } },
    'reported why it ended user code': { begunAt: at, startedAt: at, exit: { reason } },
  },
};

describe('the default policy', () => {
  const cases = codes.flatMap((code) =>
    Object.entries(moments[code]).flatMap(([executor, occurs]) =>
      (['before', 'after'] as const)
        .filter((moment) => occurs === moment || occurs === 'both')
        .map((moment) => ({ code, executor, moment })),
    ),
  );

  it.each(cases)('repeats $code of $executor $moment user code only if no code began', ({ code, moment }) => {
    const mayRepeat = moment === 'before' && runFailures[code].mayPass && code !== 'timed_out';
    const decided = Object.entries(states[moment]).map(([state, attempt]) => [
      state,
      decide(code, hasUserCodeBegun(attempt), defaultJobSettings.retries).retry,
    ]);
    expect(decided).toEqual(Object.keys(states[moment]).map((state) => [state, mayRepeat]));
  });

  it('does not depend on the reason: only on whether user code may have begun', () => {
    for (const attempt of Object.values(states.before)) expect(hasUserCodeBegun(attempt)).toBe(false);
    for (const attempt of Object.values(states.after)) expect(hasUserCodeBegun(attempt)).toBe(true);
  });
});
