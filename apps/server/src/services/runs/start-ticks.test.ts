import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { arrangeMissing } from '../scheduling/arrange-schedules.ts';
import type { DueTick, JobRunRecord } from '../../store/records.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { removeSchedules } from '../../store/postgres/testing/jobs.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  fixture.clock.now = new Date('2026-03-10T12:30:00Z');
  context = await createWorkspaceFixture(fixture);
});

const hourly = { triggers: ['schedule:0 * * * *'] };
const at = (time: string) => {
  fixture.clock.now = new Date(`2026-03-${time}Z`);
};

/**
 * Handles all due ticks of the workspace.
 * @returns the number of handled ticks
 */
async function tick(): Promise<number> {
  let decided = 0;
  for (;;) {
    const due = await fixture.store.schedules.listDue(fixture.clock.now, 100);
    const own = due.filter(({ workspaceId }) => workspaceId === context.workspaceId);
    if (own.length === 0) return decided;
    for (const one of own) if (await fixture.startRuns.startTick(one)) decided += 1;
  }
}

async function nextTick(jobRef: string): Promise<string | undefined> {
  const job = await context.getJob(jobRef);
  return job.nextScheduledRunAt?.toISOString();
}

async function completeAll(jobRef: string): Promise<void> {
  for (const run of await context.listRuns(jobRef)) if (run.status === 'pending') await context.complete(run);
}

const window = (start: string, end: string) => ({
  intervalStart: new Date(`2026-03-${start}Z`),
  intervalEnd: new Date(`2026-03-${end}Z`),
});

describe('a schedule', () => {
  it('starts a run at each tick, for the time since the last one', async () => {
    await context.deployAll([defineJob('jobs.a', hourly)]);
    expect(await nextTick('jobs.a')).toBe('2026-03-10T13:00:00.000Z');
    expect(await tick()).toBe(0);
    at('10T13:00:00');
    expect(await tick()).toBe(1);
    expect(await tick()).toBe(0);
    await completeAll('jobs.a');
    at('10T14:00:00.500');
    await tick();
    expect(await context.listRuns('jobs.a')).toMatchObject([
      { status: 'completed', triggerKind: 'schedule', ...window('10T12:00', '10T13:00') },
      { status: 'pending', ...window('10T13:00', '10T14:00') },
    ]);
    expect(await nextTick('jobs.a')).toBe('2026-03-10T15:00:00.000Z');
  });

  it('catches up after downtime with one run for all of it, and continues from there', async () => {
    await context.deployAll([defineJob('jobs.a', hourly)]);
    at('10T13:00:00');
    await tick();
    await completeAll('jobs.a');
    at('11T09:17:00');
    expect(await tick()).toBe(1);
    expect((await context.listRuns('jobs.a')).slice(1)).toMatchObject([window('10T13:00', '11T09:00')]);
    expect(await nextTick('jobs.a')).toBe('2026-03-11T10:00:00.000Z');
  });

  it('waits for the next tick with catch_up = "skip", whose run covers what was missed', async () => {
    await context.uploadDeployment();
    await context.uploadConfiguration({ 'config.toml': '[pumphouse.jobs.a]\ncatch_up = "skip"\n' });
    await context.deployJobs([defineJob('jobs.a', hourly)]);
    at('10T16:06:00');
    await tick();
    at('10T17:00:00');
    await tick();
    expect(await context.listRuns('jobs.a')).toMatchObject([
      { status: 'skipped', skip: { status: 'skipped_missed', count: 1 } },
      { status: 'pending', ...window('10T16:00', '10T17:00') },
    ]);
  });

  it('records the same skip once, with its count, however often it repeats', async () => {
    await context.deployAll([defineJob('jobs.a', hourly)]);
    for (const hour of ['13', '14', '15', '16']) {
      at(`10T${hour}:00:00`);
      await tick();
    }
    expect(await context.listRuns('jobs.a')).toMatchObject([
      { status: 'pending', number: 1 },
      {
        status: 'skipped',
        number: 2,
        skip: {
          status: 'skipped_concurrency_limit',
          reasons: ['1 of 1 allowed runs of this job are active'],
          count: 3,
          firstAt: '2026-03-10T14:00:00.000Z',
          lastAt: '2026-03-10T16:00:00.000Z',
        },
      },
    ]);
  });

  it('is handled once by any number of servers', async () => {
    await context.deployAll(Array.from({ length: 10 }, (_, index) => defineJob(`jobs.job${index}`, hourly)));
    at('10T13:00:00');
    await Promise.all([tick(), tick(), tick(), tick()]);
    for (let index = 0; index < 10; index += 1)
      expect(await context.listRuns(`jobs.job${index}`)).toHaveLength(1);
  });

  it('starts nothing again if the clock is set back', async () => {
    await context.deployAll([defineJob('jobs.a', hourly)]);
    at('10T13:00:00');
    await tick();
    await completeAll('jobs.a');
    at('10T12:10:00');
    expect(await tick()).toBe(0);
    at('10T13:00:00');
    expect(await tick()).toBe(0);
    // Even if its tick is due again: the job was archived and restored meanwhile.
    at('10T12:20:00');
    const { id } = await context.getJob('jobs.a');
    await fixture.switchJobs.archive({ workspaceId: context.workspaceId, jobId: id });
    await fixture.switchJobs.unarchive({ workspaceId: context.workspaceId, jobId: id });
    at('10T13:00:00');
    expect(await tick()).toBe(1);
    expect(await context.listRuns('jobs.a')).toMatchObject([{ status: 'completed' }]);
  });

  it('keeps a pending refresh if the clock is set back to a tick that had its run', async () => {
    await context.deployAll([defineJob('jobs.a', hourly)]);
    at('10T13:00:00');
    await tick();
    await completeAll('jobs.a');
    at('10T12:10:00');
    await context.setJob('jobs.a', { refreshPending: true });
    const { id: jobId } = await context.getJob('jobs.a');
    await fixture.switchJobs.archive({ workspaceId: context.workspaceId, jobId });
    await fixture.switchJobs.unarchive({ workspaceId: context.workspaceId, jobId });
    await context.setJob('jobs.a', { completedIntervalEnd: null });
    at('10T13:00:00');
    await tick();
    expect(await context.getJob('jobs.a')).toMatchObject({ refreshPending: true });
    expect(await context.listRuns('jobs.a')).toHaveLength(1);
  });

  it('of a paused job passes, and its next run covers the pause', async () => {
    await context.deployAll([defineJob('jobs.a', hourly)]);
    at('10T13:00:00');
    await tick();
    await completeAll('jobs.a');
    const { id: jobId } = await context.getJob('jobs.a');
    await fixture.switchJobs.pause({ workspaceId: context.workspaceId, jobId });
    expect(await nextTick('jobs.a')).toBe('2026-03-10T14:00:00.000Z');
    at('10T15:00:00');
    await tick();
    expect(await nextTick('jobs.a')).toBe('2026-03-10T16:00:00.000Z');
    at('10T15:30:00');
    await fixture.switchJobs.resume({ workspaceId: context.workspaceId, jobId });
    expect(await tick()).toBe(0);
    at('10T16:00:00');
    await tick();
    expect((await context.listRuns('jobs.a')).slice(1)).toMatchObject([
      { status: 'skipped', skip: { status: 'skipped_paused', count: 1 } },
      { status: 'pending', ...window('10T13:00', '10T16:00') },
    ]);
  });

  it('of an archived workspace stops, and restarts from now when it is restored', async () => {
    await context.deployAll([defineJob('jobs.a', hourly)]);
    await fixture.workspaces.archive(context.workspaceId);
    at('10T15:30:00');
    expect(await tick()).toBe(0);
    await fixture.workspaces.unarchive(context.workspaceId);
    expect(await tick()).toBe(0);
    expect(await nextTick('jobs.a')).toBe('2026-03-10T16:00:00.000Z');
  });

  it('ends with the declared interval, and starts again when a refresh discards its completions', async () => {
    const interval = { start: '2026-03-10T12:00:00Z', end: '2026-03-10T14:00:00Z' };
    await context.deployAll([defineJob('jobs.a', { ...hourly, interval })]);
    at('10T14:00:00');
    await tick();
    await completeAll('jobs.a');
    at('10T15:00:00');
    await tick();
    expect(await nextTick('jobs.a')).toBeUndefined();
    expect(await context.listRuns('jobs.a')).toMatchObject([
      { status: 'completed', ...window('10T12:00', '10T14:00') },
      { status: 'skipped', skip: { status: 'skipped_out_of_interval' } },
    ]);
    await context.startRun('jobs.a', { trigger: hourly.triggers[0] ?? '', refresh: true });
    expect(await nextTick('jobs.a')).toBe('2026-03-10T16:00:00.000Z');
  });
});

describe('a deploy', () => {
  const everyHour = { triggers: ['every:1h'] };

  it('keeps the anchor of an unchanged period, and resets that of a changed one', async () => {
    await context.deployAll([defineJob('jobs.a', everyHour)]);
    at('10T13:10:00');
    await context.deployJobs([defineJob('jobs.a', { ...everyHour, description: 'New words.' })]);
    expect(await nextTick('jobs.a')).toBe('2026-03-10T13:30:00.000Z');
    await context.deployJobs([defineJob('jobs.a', { triggers: ['every:2h'] })]);
    expect(await nextTick('jobs.a')).toBe('2026-03-10T15:10:00.000Z');
  });

  it('removes no due tick', async () => {
    await context.deployAll([defineJob('jobs.a', hourly)]);
    at('10T13:00:00.100');
    await context.deployJobs([defineJob('jobs.a', { ...hourly, description: 'New words.' })]);
    expect(await tick()).toBe(1);
  });

  it('moves the ticks of a job whose zone changes', async () => {
    const daily = { triggers: ['schedule:0 6 * * *'] };
    await context.deployAll([defineJob('jobs.a', daily)]);
    await context.deployJobs([defineJob('jobs.a', { ...daily, require: { timezone: 'Europe/Berlin' } })]);
    expect(await nextTick('jobs.a')).toBe('2026-03-11T05:00:00.000Z');
  });

  it('starts an overdue `once:`, once', async () => {
    await context.deployAll([defineJob('jobs.a', { triggers: ['once:2026-01-01'] })]);
    await tick();
    expect(await context.listRuns('jobs.a')).toHaveLength(1);
    await context.deployJobs([defineJob('jobs.a', { triggers: ['once:2026-01-01'], description: 'New.' })]);
    at('10T13:00:00');
    await tick();
    expect(await context.listRuns('jobs.a')).toHaveLength(1);
  });

  it('does not start a finished `once:` again when the job is archived and restored', async () => {
    await context.deployAll([defineJob('jobs.a', { triggers: ['once:2026-01-01'] })]);
    await tick();
    await completeAll('jobs.a');
    const { id: jobId } = await context.getJob('jobs.a');
    await fixture.switchJobs.archive({ workspaceId: context.workspaceId, jobId });
    at('10T13:00:00');
    await fixture.switchJobs.unarchive({ workspaceId: context.workspaceId, jobId });
    await tick();
    expect(await context.listRuns('jobs.a')).toHaveLength(1);
    expect(await nextTick('jobs.a')).toBeUndefined();
  });

  it('removes the schedule of a job that loses it', async () => {
    await context.deployAll([defineJob('jobs.a', hourly)]);
    await context.deployJobs([defineJob('jobs.a', { triggers: [] })]);
    at('10T15:00:00');
    expect(await tick()).toBe(0);
  });
});

describe('jobs that wait for the freshness of an upstream', () => {
  const fresh = (ref: string, extra = {}) => ({ freshness: [`job.is_fresh:${ref}`], ...extra });

  it('start when it completes, for the tick that they were too early for', async () => {
    await context.deployAll([defineJob('jobs.a', hourly), defineJob('jobs.b', fresh('jobs.a', hourly))]);
    at('10T13:00:00');
    await tick();
    expect(await context.listRuns('jobs.b')).toMatchObject([
      { status: 'skipped', skip: { status: 'skipped_fresh' } },
    ]);
    await completeAll('jobs.a');
    const [, run] = await context.listRuns('jobs.b');
    const [upstream] = await context.listRuns('jobs.a');
    expect(run).toMatchObject({
      status: 'pending',
      previousJobRunId: upstream?.id,
      ...window('10T12:00', '10T13:00'),
    });
    await completeAll('jobs.b');
    // Already covered: another run of the upstream starts nothing.
    await context.complete(await context.startRun('jobs.a'));
    expect(await context.listRuns('jobs.b')).toHaveLength(2);
  });

  it('start neither when paused nor before their own period is over', async () => {
    const everyHour = { triggers: ['every:1h'] };
    await context.deployAll([
      defineJob('jobs.a', hourly),
      defineJob('jobs.b', fresh('jobs.a', everyHour)),
      defineJob('jobs.c', fresh('jobs.a', hourly)),
    ]);
    const { id: jobId } = await context.getJob('jobs.c');
    await fixture.switchJobs.pause({ workspaceId: context.workspaceId, jobId });
    at('10T13:00:00');
    await tick();
    await completeAll('jobs.a');
    await completeAll('jobs.b');
    at('10T13:10:00');
    await context.complete(await context.startRun('jobs.a'));
    expect(await context.listRuns('jobs.b')).toHaveLength(1);
    expect((await context.listRuns('jobs.c')).map(({ status }) => status)).toEqual(['skipped']);
  });

  it('start as deferred by a call, each after the previous one', async () => {
    await context.deployAll([
      defineJob('jobs.a'),
      defineJob('jobs.b', fresh('jobs.a')),
      defineJob('jobs.c', fresh('jobs.b')),
    ]);
    const { skipped } = await context.trigger({ selectors: ['jobs.*'], profile: 'prod' });
    expect(skipped.map(({ job, status }) => [job.jobRef, status])).toEqual([
      ['jobs.b', 'skipped_upstream_pending'],
      ['jobs.c', 'skipped_upstream_pending'],
    ]);
    await completeAll('jobs.a');
    expect(await context.listRuns('jobs.b')).toMatchObject([
      { status: 'pending', triggerKind: 'manual', triggeredBy: context.membershipId },
    ]);
    expect(await context.listRuns('jobs.c')).toEqual([]);
    await completeAll('jobs.b');
    await completeAll('jobs.c');
    // A deferred start happens once.
    await context.complete(await context.startRun('jobs.a'));
    expect(await context.listRuns('jobs.b')).toHaveLength(1);
    expect(await context.listRuns('jobs.c')).toMatchObject([{ status: 'completed' }]);
  });

  it('are no longer deferred if it fails, nor are those downstream', async () => {
    await context.deployAll([
      defineJob('jobs.a'),
      defineJob('jobs.b', fresh('jobs.a')),
      defineJob('jobs.c', fresh('jobs.b')),
    ]);
    const { succeeded } = await context.trigger({ selectors: ['jobs.*'] });
    const run = succeeded[0]?.run;
    await context.setRun(run?.id ?? '', { status: 'running' });
    await fixture.finishRun(run?.id ?? '', {
      status: 'failed',
      failure: { code: 'exit_code', detail: 'It failed.' },
    });
    await context.complete(await context.startRun('jobs.a'));
    expect(await context.listRuns('jobs.b')).toEqual([]);
    await context.complete(await context.startRun('jobs.b'));
    expect(await context.listRuns('jobs.c')).toEqual([]);
  });

  it('reload each time after a job that always refreshes', async () => {
    await context.deployAll([
      defineJob('jobs.a', { ...hourly, refresh_propagation: 'always' }),
      defineJob('jobs.b', fresh('jobs.a', hourly)),
      defineJob('jobs.c', fresh('jobs.a', { ...hourly, refresh_propagation: 'block' })),
    ]);
    for (const hour of ['13', '14']) {
      at(`10T${hour}:00:00`);
      await tick();
      await completeAll('jobs.a');
      await completeAll('jobs.b');
      await completeAll('jobs.c');
    }
    const runsOf = async (ref: string) =>
      (await context.listRuns(ref)).filter(({ status }) => status === 'completed');
    expect((await runsOf('jobs.b')).map(({ refresh }) => refresh)).toEqual([true, true]);
    expect((await runsOf('jobs.c')).map(({ refresh }) => refresh)).toEqual([false, false]);
    expect((await runsOf('jobs.c')).at(-1)).toMatchObject(window('10T13:00', '10T14:00'));
  });
});

describe('schedules that an older server did not create', () => {
  it('are created when a scheduler starts', async () => {
    await context.deployAll([defineJob('jobs.a', hourly)]);
    await removeSchedules(fixture.database);

    await arrangeMissing(fixture.persistence, async () => fixture.clock.now);
    expect(await nextTick('jobs.a')).toBe('2026-03-10T13:00:00.000Z');
  });
});

describe('ticks of several jobs at once', () => {
  /** One of each kind: plain, at its limit, queued, paused, waiting for an upstream, refreshing, missed. */
  const jobs = [
    defineJob('jobs.plain', hourly),
    defineJob('jobs.limited', hourly),
    defineJob('jobs.queued', hourly),
    defineJob('jobs.paused', hourly),
    defineJob('jobs.upstream', hourly),
    defineJob('jobs.downstream', { ...hourly, freshness: ['job.is_fresh:jobs.upstream'] }),
    defineJob('jobs.refreshing', { ...hourly, refresh_propagation: 'always' }),
    defineJob('jobs.refreshed', { ...hourly, freshness: ['job.is_fresh:jobs.refreshing'] }),
    defineJob('jobs.missed', { triggers: ['schedule:0 13 * * *'] }),
  ];
  const settings =
    '[pumphouse.jobs.queued]\non_limit = "queue"\n[pumphouse.jobs.missed]\ncatch_up = "skip"\n';

  /** What a new workspace stores for two hours of ticks, which `decide` decides on. */
  async function tickTwice(decide: (ticks: readonly DueTick[]) => Promise<unknown>) {
    at('10T12:30:00');
    context = await createWorkspaceFixture(fixture);
    await context.uploadDeployment();
    await context.uploadConfiguration({ 'config.toml': settings });
    await context.deployJobs(jobs);
    const { id: jobId } = await context.getJob('jobs.paused');
    await fixture.switchJobs.pause({ workspaceId: context.workspaceId, jobId });
    for (const time of ['10T13:30:00', '10T14:30:00']) {
      at(time);
      const due = await fixture.store.schedules.listDue(fixture.clock.now, 100);
      await decide(due.filter(({ workspaceId }) => workspaceId === context.workspaceId));
    }
    const stored = await Promise.all(
      jobs.map(async ({ job_ref: ref }) => {
        const runs = await context.listRuns(ref);
        const { nextScheduledRunAt, refreshPending } = await context.getJob(ref);
        return { ref, nextScheduledRunAt, refreshPending, runs: runs.map(describeRun) };
      }),
    );
    return stored;
  }

  function describeRun(run: JobRunRecord) {
    const { number, status, trigger, refresh, isQueued, waitReason, skip } = run;
    const { intervalStart, intervalEnd, priority, startBy } = run;
    return {
      number,
      status,
      trigger,
      refresh,
      isQueued,
      waitReason,
      skip,
      intervalStart,
      intervalEnd,
      priority,
      startBy,
    };
  }

  it('are decided as one after the other', async () => {
    const oneByOne = await tickTwice(async (ticks) => {
      for (const one of ticks) await fixture.startRuns.startTick(one);
    });
    const together = await tickTwice((ticks) => fixture.startRuns.startTicks(ticks));
    expect(together).toEqual(oneByOne);
    const states = new Set(together.flatMap(({ runs }) => runs.map(({ status }) => status)));
    expect(states).toEqual(new Set(['pending', 'skipped']));
  });

  it('share the limit of their organization', async () => {
    await context.deployAll(['a', 'b', 'c'].map((name) => defineJob(`jobs.${name}`, hourly)));
    await fixture.store.organizationLimits.set(context.organizationId, {
      concurrentRuns: 2,
      minutesAMonth: null,
    });
    at('10T13:00:00');
    const due = await fixture.store.schedules.listDue(fixture.clock.now, 100);
    await fixture.startRuns.startTicks(due.filter(({ workspaceId }) => workspaceId === context.workspaceId));
    const runs = await Promise.all(['a', 'b', 'c'].map((name) => context.listRuns(`jobs.${name}`)));
    const states = runs.flat().map(({ status, isQueued }) => (isQueued ? 'queued' : status));
    expect(states.filter((state) => state === 'pending')).toHaveLength(2);
  });

  it('leave a job that another transaction holds', async () => {
    await context.deployAll(['a', 'b'].map((name) => defineJob(`jobs.${name}`, hourly)));
    at('10T13:00:00');
    const names = await Promise.all(
      ['a', 'b'].map(async (name) => {
        const { id: jobId } = await context.getJob(`jobs.${name}`);
        return { jobId, trigger: 'schedule:0 * * * *' };
      }),
    );
    const results = await fixture.persistence.transaction(async (store) => {
      await store.jobs.lock([names[0]?.jobId ?? '']);
      return fixture.startRuns.startTicks(names);
    });
    expect(results).toMatchObject([undefined, { succeeded: [{ status: 'triggered' }] }]);
  });
});
