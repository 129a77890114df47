import type { AttemptExit, JobRunRecord } from '../../store/records.ts';
import type { InstanceSize, JobDefinition } from '../../domain/jobs/job-definition.ts';
import type { RunOutcome } from '../../domain/runs/run-outcome.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildDefinition } from '../../domain/jobs/test-definition.ts';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { outcomeOfExit, readRunTerms } from '../../domain/runs/run-outcome.ts';
import { parseInstanceSizes } from '../../domain/attempts/instance-sizes.ts';
import { terminalRunStates, type RunState } from '@pumphouse/contract';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createWorkspaceFixture(fixture);
});

const completed: RunOutcome = { status: 'completed' };
const cancelled: RunOutcome = { status: 'cancelled' };
const failed: RunOutcome = { status: 'failed', failure: { code: 'exit_code', detail: 'It ended with 1.' } };
const unlimited = { execute: { concurrency: null } };
const after = (event: 'success' | 'fail', ref: string) => ({ triggers: [`job.${event}:${ref}`] });

async function startRunning(jobRef: string): Promise<JobRunRecord> {
  const run = await context.startRun(jobRef);
  await context.setRun(run.id, { status: 'running', startedAt: new Date() });
  return context.getRun(run.id);
}

/** Creates the terms of a run of a job with these settings. */
function termsOf(keys: Partial<JobDefinition>, maxRunTimeSeconds: number | null = null) {
  const version = { definition: buildDefinition(keys), maxRunTimeSeconds };
  return readRunTerms(version, parseInstanceSizes(''));
}

describe('the end of a run', () => {
  beforeEach(() => context.deployAll([defineJob('jobs.a', unlimited)]));

  it('is stored with its event and announced after the commit', async () => {
    const run = await startRunning('jobs.a');
    const announce = vi.spyOn(fixture.attemptLog, 'announce');
    expect(await fixture.finishRun(run.id, failed)).toBe(true);
    const ended = await context.getRun(run.id);
    expect(ended).toMatchObject({
      status: 'failed',
      failure: { code: 'exit_code', detail: 'It ended with 1.' },
    });
    expect(ended.finishedAt).toBeInstanceOf(Date);
    expect(await context.listEvents(run.id)).toEqual(['job_run.created', 'job_run.finished']);
    expect(announce).toHaveBeenLastCalledWith(run.id, true);
  });

  it('is recorded once, however many calls are concurrent', async () => {
    const run = await startRunning('jobs.a');
    await context.setRun(run.id, { status: 'cancelling' });
    const outcomes = [completed, failed, cancelled, completed, failed, cancelled];
    const answers = await Promise.all(outcomes.map((outcome) => fixture.finishRun(run.id, outcome)));
    const winners = outcomes.filter((_, index) => answers[index]);
    expect(winners).toHaveLength(1);
    expect((await context.getRun(run.id)).status).toBe(winners[0]?.status);
    expect(await context.listEvents(run.id)).toEqual(['job_run.created', 'job_run.finished']);
  });

  it.each(terminalRunStates)('is final: %s stays', async (status) => {
    const run = await startRunning('jobs.a');
    await context.setRun(run.id, { status, finishedAt: new Date() });
    const before = await context.getRun(run.id);
    for (const outcome of [completed, failed, cancelled]) {
      expect(await fixture.finishRun(run.id, outcome)).toBe(false);
    }
    expect(await context.getRun(run.id)).toEqual(before);
    expect(await context.listEvents(run.id)).toEqual(['job_run.created']);
  });

  it.each<[RunState, RunOutcome, boolean]>([
    ['pending', completed, false],
    ['pending', failed, true],
    ['pending', cancelled, true],
    ['starting', completed, true],
    ['running', cancelled, false],
    ['cancelling', completed, true],
  ])('from %s as %j is allowed: %s', async (status, outcome, isAllowed) => {
    const run = await context.startRun('jobs.a');
    await context.setRun(run.id, { status });
    expect(await fixture.finishRun(run.id, outcome)).toBe(isAllowed);
    expect((await context.getRun(run.id)).status).toBe(isAllowed ? outcome.status : status);
  });

  it('applies only in the states and for the claim that the caller names', async () => {
    const run = await startRunning('jobs.a');
    await context.setRun(run.id, { claimNumber: 3 });
    expect(await fixture.finishRun(run.id, failed, { claimNumber: 2 })).toBe(false);
    expect(await fixture.finishRun(run.id, failed, { onlyFrom: ['pending'] })).toBe(false);
    expect((await context.getRun(run.id)).status).toBe('running');
    expect(await fixture.finishRun(run.id, failed, { claimNumber: 3 })).toBe(true);
    expect(await fixture.finishRun('00000000-0000-0000-0000-000000000000', failed)).toBe(false);
  });
});

describe('the watermark', () => {
  const day = (date: number) => `2026-03-${String(date).padStart(2, '0')}T00:00:00Z`;
  beforeEach(() => context.deployAll([defineJob('jobs.a', unlimited)]));

  async function end(outcome: RunOutcome, [from, to]: [number, number]) {
    const run = await startRunning('jobs.a');
    await context.setRun(run.id, { intervalStart: new Date(day(from)), intervalEnd: new Date(day(to)) });
    await fixture.finishRun(run.id, outcome);
    const { completedIntervalEnd, lastCompletedAt } = await context.getJob('jobs.a');
    return { until: completedIntervalEnd, hasCompleted: lastCompletedAt !== null };
  }

  it('moves to the end of a completed interval, and never back', async () => {
    expect(await end(failed, [1, 2])).toEqual({ until: null, hasCompleted: false });
    expect(await end(completed, [3, 4])).toEqual({ until: new Date(day(4)), hasCompleted: true });
    expect(await end(completed, [1, 2])).toEqual({ until: new Date(day(4)), hasCompleted: true });
    expect(await end(failed, [4, 5])).toEqual({ until: new Date(day(4)), hasCompleted: true });
    expect(await end(completed, [4, 5])).toEqual({ until: new Date(day(5)), hasCompleted: true });
  });

  it('does not move with an empty interval', async () => {
    expect(await end(completed, [6, 6])).toEqual({ until: null, hasCompleted: true });
    expect(await end(completed, [1, 2])).toEqual({ until: new Date(day(2)), hasCompleted: true });
    expect(await end(completed, [6, 6])).toEqual({ until: new Date(day(2)), hasCompleted: true });
  });
});

describe('followers of a run', () => {
  const jobs = [
    defineJob('jobs.a', unlimited),
    defineJob('jobs.happy', { ...after('success', 'jobs.a'), ...unlimited }),
    defineJob('jobs.glad', { ...after('success', 'jobs.a'), ...unlimited }),
    defineJob('jobs.sad', { ...after('fail', 'jobs.a'), ...unlimited }),
  ];
  const followers = ['jobs.happy', 'jobs.glad', 'jobs.sad'];
  beforeEach(() => context.deployAll(jobs));

  async function countFollowers(): Promise<number[]> {
    const runs = await Promise.all(followers.map((ref) => context.listRuns(ref)));
    return runs.map((list) => list.length);
  }

  it.each([
    [completed, [1, 1, 0]],
    [failed, [0, 0, 1]],
  ])('%j start once, with many concurrent finishers', async (outcome, counts) => {
    const run = await startRunning('jobs.a');
    await Promise.all(Array.from({ length: 8 }, () => fixture.finishRun(run.id, outcome)));
    expect(await countFollowers()).toEqual(counts);
  });

  it('do not start after a cancelled run', async () => {
    const run = await startRunning('jobs.a');
    await context.setRun(run.id, { status: 'cancelling' });
    expect(await fixture.finishRun(run.id, cancelled)).toBe(true);
    expect(await countFollowers()).toEqual([0, 0, 0]);
  });

  it('record the run that they follow', async () => {
    const first = await startRunning('jobs.a');
    const second = await startRunning('jobs.a');
    await Promise.all([first, second].map((run) => fixture.finishRun(run.id, completed)));
    const runs = await context.listRuns('jobs.happy');
    expect(new Set(runs.map((run) => run.previousJobRunId))).toEqual(new Set([first.id, second.id]));
    expect(runs.map((run) => run.number)).toEqual([1, 2]);
    expect(runs[0]).toMatchObject({
      trigger: 'job.success:jobs.a',
      triggerKind: 'job.success',
      triggeredBy: null,
      status: 'pending',
    });
  });

  it('start when paused, not when archived, and do not block the end', async () => {
    await context.setJob('jobs.happy', { isPaused: true });
    await context.setJob('jobs.glad', { isArchived: true });
    await context.complete(await context.startRun('jobs.a'));
    expect(await countFollowers()).toEqual([1, 0, 0]);
    await context.deployJobs([defineJob('jobs.happy', after('success', 'jobs.a'))]);
    await context.complete(await context.startRun('jobs.a'));
    await context.complete(await context.startRun('jobs.a'));
    // The follower has a queued run and no free slot, so one row records both events.
    expect((await context.listRuns('jobs.happy')).slice(1)).toMatchObject([
      { status: 'skipped', skip: { status: 'skipped_concurrency_limit', count: 2 } },
    ]);
  });

  it('of each other can end concurrently', async () => {
    await context.deployJobs([
      defineJob('jobs.x', { ...after('success', 'jobs.y'), ...unlimited }),
      defineJob('jobs.y', { ...after('success', 'jobs.x'), ...unlimited }),
    ]);
    const pairs = [];
    for (let count = 0; count < 4; count += 1) {
      pairs.push(await startRunning('jobs.x'), await startRunning('jobs.y'));
    }
    const answers = await Promise.all(pairs.map((run) => fixture.finishRun(run.id, completed)));
    expect(answers).toEqual(pairs.map(() => true));
    for (const jobRef of ['jobs.x', 'jobs.y']) {
      const numbers = (await context.listRuns(jobRef)).map(({ number }) => number);
      expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    }
  });
});

describe('a crash before the commit', () => {
  it('leaves the run unchanged, without event, watermark or follower', async () => {
    const own = await createServiceFixture();
    try {
      const there = await createWorkspaceFixture(own);
      await there.deployAll([defineJob('jobs.a'), defineJob('jobs.b', after('success', 'jobs.a'))]);
      const run = await there.startRun('jobs.a');
      await there.setRun(run.id, {
        status: 'running',
        intervalStart: new Date('2026-03-01T00:00:00Z'),
        intervalEnd: new Date('2026-03-02T00:00:00Z'),
      });
      own.setFault('in-finish-before-commit', () => {
        throw new Error('crash');
      });
      const announce = vi.spyOn(own.attemptLog, 'announce');
      await expect(own.finishRun(run.id, completed)).rejects.toThrow('crash');
      expect(await there.getRun(run.id)).toMatchObject({ status: 'running', finishedAt: null });
      expect(await there.listEvents(run.id)).toEqual(['job_run.created']);
      expect(await there.listRuns('jobs.b')).toEqual([]);
      expect(await there.getJob('jobs.a')).toMatchObject({
        completedIntervalEnd: null,
        lastCompletedAt: null,
      });
      expect(announce).not.toHaveBeenCalled();
      own.setFault('in-finish-before-commit', () => undefined);
      expect(await own.finishRun(run.id, completed)).toBe(true);
      expect(await there.listEvents(run.id)).toEqual(['job_run.created', 'job_run.finished']);
      expect(await there.listRuns('jobs.b')).toHaveLength(1);
    } finally {
      await own.close();
    }
  });
});

describe('the outcome of an exit', () => {
  const clean: AttemptExit = {
    code: 0,
    signal: null,
    outOfMemory: null,
    processLimitReached: false,
    peakMemoryBytes: null,
    reason: null,
    killedDescendants: 0,
  };
  const reason = { code: 'sandbox_failed', detail: 'bwrap: no such file' };

  it.each<[string, JobRunRecord['endIntent'], Partial<AttemptExit>, string, string | null]>([
    ['code 0', null, {}, 'completed', null],
    ['code 0 after a cancel', 'cancel', {}, 'cancelled', null],
    ['a signal after a cancel', 'cancel', { code: null, signal: 'SIGTERM' }, 'cancelled', null],
    ['a reason after a cancel', 'cancel', { code: null, reason }, 'cancelled', null],
    ['code 0 after a timeout', 'timeout', {}, 'failed', 'timed_out'],
    ['a signal after a timeout', 'timeout', { code: null, signal: 'SIGKILL' }, 'failed', 'timed_out'],
    ['a start that failed', null, { code: null, reason }, 'failed', 'sandbox_failed'],
    ['another code', null, { code: 3 }, 'failed', 'exit_code'],
    ['a negative code', null, { code: -1 }, 'failed', 'exit_code'],
    ['a signal', null, { code: null, signal: 'SIGSEGV' }, 'failed', 'killed'],
    [
      'too much memory',
      null,
      { code: null, signal: 'SIGKILL', outOfMemory: 'limit' },
      'failed',
      'out_of_memory',
    ],
    [
      'the end of the machine’s memory',
      null,
      { code: null, signal: 'SIGKILL', outOfMemory: 'machine' },
      'failed',
      'machine_out_of_memory',
    ],
    ['memory that ran out without failing the run', null, { outOfMemory: 'limit' }, 'completed', null],
    ['too many processes', null, { code: 1, processLimitReached: true }, 'failed', 'process_limit'],
    [
      'too many processes, and a signal',
      null,
      { code: null, signal: 'SIGABRT', processLimitReached: true },
      'failed',
      'process_limit',
    ],
    [
      'too much memory for too many processes',
      null,
      { code: 1, outOfMemory: 'limit', processLimitReached: true },
      'failed',
      'out_of_memory',
    ],
    ['rejected processes without failing the run', null, { processLimitReached: true }, 'completed', null],
    ['a cancel that met the limit', 'cancel', { code: 1, processLimitReached: true }, 'cancelled', null],
    ['neither code nor signal', null, { code: null }, 'failed', 'exit_code'],
  ])('%s', (_what, endIntent, exit, status, code) => {
    const outcome = outcomeOfExit({ endIntent }, { ...clean, ...exit }, termsOf({}));
    expect(outcome.status).toBe(status);
    expect(outcome.status === 'failed' ? outcome.failure.code : null).toBe(code);
  });

  it('has a description', () => {
    const finishWith = (exit: Partial<AttemptExit>) =>
      outcomeOfExit({ endIntent: null }, { ...clean, ...exit }, termsOf({}));
    expect(finishWith({ code: 3 })).toMatchObject({ failure: { detail: 'The run ended with exit code 3.' } });
    expect(finishWith({ code: null })).toMatchObject({
      failure: { detail: 'The run ended without an exit code.' },
    });
    expect(finishWith({ code: null, signal: 'SIGSEGV' })).toMatchObject({
      failure: { detail: 'The run was ended by SIGSEGV.' },
    });
    expect(finishWith({ code: null, reason })).toMatchObject({ failure: reason });
  });

  const detailOf = (...exit: Parameters<typeof outcomeOfExit>) => {
    const outcome = outcomeOfExit(...exit);
    if (outcome.status === 'failed') return outcome.failure.detail;
    return outcome.status === 'cancelled' ? outcome.detail : undefined;
  };

  it.each<[Partial<AttemptExit>, string]>([
    [{ code: null, signal: 'SIGTERM' }, 'It ended within its grace period of 5 s.'],
    [{ code: 0 }, 'It ended within its grace period of 5 s.'],
    [{ code: null, signal: 'SIGKILL' }, 'It did not end within its grace period of 5 s and was killed.'],
  ])('states whether a stopped run kept its grace period: %j', (exit, stop) => {
    const terms = termsOf({ execute: { timeout: { grace_period: 5 } } }, 60);
    const seen = { ...clean, ...exit };
    expect(detailOf({ endIntent: 'cancel' }, seen, terms)).toBe(stop);
    expect(detailOf({ endIntent: 'timeout' }, seen, terms)).toBe(
      `The run took longer than its timeout of 60 s and was stopped. ${stop}`,
    );
  });

  it.each<[sizes: string, size: InstanceSize | undefined, hint: string]>([
    [
      '',
      undefined,
      'The run was killed at 4096 MiB of the 4096 MiB of memory of its instance size small. One process had used 250 MiB. Try the next larger size: medium with 8192 MiB.',
    ],
    [
      'large=-/-/-',
      'medium',
      'The run was killed at 8192 MiB of the 8192 MiB of memory of its instance size medium. One process had used 250 MiB. Try the next larger size: xlarge with 32768 MiB.',
    ],
    [
      'xlarge=-/-/-',
      'large',
      'The run was killed at 16384 MiB of the 16384 MiB of memory of its instance size large. One process had used 250 MiB. Try the next larger size: xlarge with no limit.',
    ],
    [
      '',
      'xlarge',
      'The run was killed at 32768 MiB of the 32768 MiB of memory of its instance size xlarge. One process had used 250 MiB. No instance size has more.',
    ],
  ])('states the limit, the peak and the next size: %j, %s', (sizes, size, hint) => {
    const exit: AttemptExit = {
      ...clean,
      code: null,
      signal: 'SIGKILL',
      outOfMemory: 'limit',
      peakMemoryBytes: 250 * 1024 * 1024,
    };
    const definition = buildDefinition(size === undefined ? {} : { require: { instance: { size } } });
    const terms = readRunTerms({ definition, maxRunTimeSeconds: null }, parseInstanceSizes(sizes));
    expect(detailOf({ endIntent: null }, exit, terms)).toBe(hint);
  });

  it('names the signal behind an exit code', () => {
    const finishWith = (code: number) => detailOf({ endIntent: null }, { ...clean, code }, termsOf({}));
    expect(finishWith(139)).toBe('The run ended with exit code 139 (SIGSEGV).');
    expect(finishWith(137)).toBe('The run ended with exit code 137 (SIGKILL).');
    expect(finishWith(255)).toBe('The run ended with exit code 255.');
  });

  it('names the port on which an app should have listened', () => {
    expect(
      outcomeOfExit({ endIntent: 'silent' }, clean, termsOf({ triggers: ['http:7777/board'] })),
    ).toMatchObject({
      failure: { code: 'app_never_listened', detail: 'Nothing answered on port 7777 within 180 s.' },
    });
  });
});
