import { claimNext } from '../testing/claim-next.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobRunRecord } from '../../store/records.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { createServiceFixture, noon } from '../testing/service-fixture.ts';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { ago } from '../../../../../testing/fixtures/relative-times.ts';
import { copyRun, endOpenRuns } from '../../store/postgres/testing/runs.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  // End the runs that another test left.
  await endOpenRuns(fixture.database);
  fixture.clock.now = noon;
  context = await createWorkspaceFixture(fixture);
});

const hourly = 'schedule:0 * * * *';
const unlimited = { execute: { concurrency: null } };

async function deployQueueing(jobs: readonly unknown[], more = ''): Promise<void> {
  await context.uploadDeployment();
  await context.uploadConfiguration({ 'config.toml': `[pumphouse]\non_limit = "queue"\n${more}` });
  await context.deployJobs(jobs);
}

const at = (time: string) => {
  fixture.clock.now = new Date(`2026-03-${time}Z`);
};

async function tick(jobRef: string): Promise<void> {
  const { id: jobId } = await context.getJob(jobRef);
  await fixture.startRuns.startTick({ jobId, trigger: hourly });
}

const release = () => fixture.releaseQueued.release();
const setLimits = (concurrentRuns: number | null, minutesAMonth: number | null = null) =>
  fixture.store.organizationLimits.set(context.organizationId, { concurrentRuns, minutesAMonth });
const again = async (run: JobRunRecord) => context.getRun(run.id);

/** Claims all claimable runs; returns them in claim order. */
async function claimAll(): Promise<string[]> {
  const claimed: string[] = [];
  for (;;) {
    const claim = await claimNext(fixture.store, 'server', 60);
    if (!claim) return claimed;
    claimed.push(claim.jobRunId);
  }
}

describe('a start at capacity', () => {
  it('is queued with a reason, is not claimed, and starts when the previous run ends', async () => {
    await deployQueueing([defineJob('jobs.a')]);
    const first = await context.startRun('jobs.a');
    const { id } = await context.getJob('jobs.a');
    const { succeeded } = await context.trigger({ jobIds: [id] });
    const second = succeeded[0]?.run;
    if (!second) throw new Error('It was not made');
    expect(succeeded[0]?.reasons).toEqual(['waits: 1 of 1 allowed runs of this job are active']);
    expect(second).toMatchObject({
      status: 'pending',
      isQueued: true,
      waitReason: 'Waiting: 1 of 1 allowed runs of this job are active.',
    });
    expect(await claimAll()).toEqual([first.id]);
    expect(await release()).toBe(0);
    await fixture.releaseQueued.reportWaits();
    await fixture.releaseQueued.reportWaits();
    expect((await context.readLog(second.id)).map(({ content }) => content)).toEqual([second.waitReason]);

    await context.complete(first);
    expect(await release()).toBe(1);
    expect(await again(second)).toMatchObject({ status: 'pending', isQueued: false, waitReason: null });
    expect(await claimAll()).toEqual([second.id]);
  });

  it('does not overtake queued runs, even with a free slot', async () => {
    await deployQueueing([defineJob('jobs.a')]);
    const first = await context.startRun('jobs.a');
    const second = await context.startRun('jobs.a');
    await context.complete(first);
    const third = await context.startRun('jobs.a');
    expect(third).toMatchObject({
      isQueued: true,
      waitReason: 'Waiting: 1 earlier run of this job is still waiting.',
    });
    expect(await release()).toBe(1);
    expect(await again(second)).toMatchObject({ isQueued: false });
    expect(await again(third)).toMatchObject({
      isQueued: true,
      waitReason: 'Waiting: 1 of 1 allowed runs of this job are active.',
    });
  });

  it('is skipped if its job does not queue', async () => {
    await deployQueueing([defineJob('jobs.a')], '[pumphouse.jobs.a]\non_limit = "skip"\n');
    await context.startRun('jobs.a');
    await expect(context.startRun('jobs.a')).rejects.toMatchObject({
      extra: { status: 'skipped_concurrency_limit' },
    });
  });

  it('is skipped if 100 runs of the job are queued', async () => {
    await deployQueueing([defineJob('jobs.a')]);
    await context.startRun('jobs.a');
    const { id } = await context.startRun('jobs.a');
    await copyRun(fixture.database, id, 99, () => ({ isQueued: true }));
    await expect(context.startRun('jobs.a')).rejects.toMatchObject({
      extra: {
        status: 'skipped_concurrency_limit',
        reasons: [
          '1 of 1 allowed runs of this job are active',
          '100 runs of this job are already waiting, which is the maximum',
        ],
      },
    });
  });

  it('changes nothing in a dry run', async () => {
    await deployQueueing([defineJob('jobs.a')]);
    await context.startRun('jobs.a');
    const { succeeded } = await context.trigger({ selectors: ['manual:*'], dryRun: true });
    expect(succeeded).toMatchObject([{ run: null, status: 'triggered' }]);
    expect(await context.listRuns('jobs.a')).toHaveLength(1);
  });

  it('is cancelled with its job, and by a user', async () => {
    await deployQueueing([defineJob('jobs.a')]);
    await context.startRun('jobs.a');
    const [second, third] = [await context.startRun('jobs.a'), await context.startRun('jobs.a')];
    await fixture.cancelRuns.cancel(context.workspaceId, second.id);
    expect(await again(second)).toMatchObject({ status: 'cancelled', isQueued: false });
    await fixture.switchJobs.archive({ workspaceId: context.workspaceId, jobId: third.jobId });
    expect(await again(third)).toMatchObject({ status: 'cancelled', isQueued: false });
    expect(await release()).toBe(0);
  });
});

describe('a queued tick', () => {
  it('covers all time until it starts, and later ticks are skipped meanwhile', async () => {
    await deployQueueing([defineJob('jobs.a', { triggers: [hourly] })]);
    at('10T13:00:00');
    await tick('jobs.a');
    const [first] = await context.listRuns('jobs.a');
    if (!first) throw new Error('The first tick started nothing');
    for (const time of ['10T14:00:00', '10T15:00:00', '10T16:00:00']) {
      at(time);
      await tick('jobs.a');
    }
    expect(await context.listRuns('jobs.a')).toMatchObject([
      { status: 'pending', isQueued: false },
      { status: 'pending', isQueued: true },
      {
        status: 'skipped',
        skip: {
          status: 'skipped_concurrency_limit',
          count: 2,
          reasons: [
            '1 of 1 allowed runs of this job are active',
            `run 2 is already waiting for '${hourly}', and covers all time until it starts`,
          ],
        },
      },
    ]);
    await context.complete(first);
    at('10T16:20:00');
    expect(await release()).toBe(1);
    const [, second] = await context.listRuns('jobs.a');
    expect(second).toMatchObject({
      intervalStart: first.intervalEnd,
      intervalEnd: new Date('2026-03-10T16:00:00Z'),
    });
  });

  it('is cancelled with a reason if another run has covered its time', async () => {
    await deployQueueing([defineJob('jobs.a', { triggers: [hourly] })]);
    const first = await context.startRun('jobs.a', { trigger: hourly });
    const second = await context.startRun('jobs.a', { trigger: hourly });
    const third = await context.startRun('jobs.a');
    await context.complete(first);
    // A needless run does not block the next one.
    expect(await release()).toBe(1);
    const text =
      'Not started, and dropped: a completed run covers everything until 2026-03-10T12:00:00.000Z; the next interval has not ended yet.';
    expect(await again(second)).toMatchObject({ status: 'cancelled', waitReason: text, failure: null });
    expect((await context.readLog(second.id)).map(({ content }) => content)).toEqual([text]);
    expect(await again(third)).toMatchObject({ status: 'pending', isQueued: false });
  });

  it('starts although its job was paused meanwhile', async () => {
    await deployQueueing([defineJob('jobs.a', { triggers: [hourly] })]);
    at('10T13:00:00');
    await tick('jobs.a');
    at('10T14:00:00');
    await tick('jobs.a');
    const [first, second] = await context.listRuns('jobs.a');
    if (!first || !second) throw new Error('There are two runs');
    await fixture.switchJobs.pause({ workspaceId: context.workspaceId, jobId: first.jobId });
    await context.complete(first);
    expect(await release()).toBe(1);
    expect(await again(second)).toMatchObject({ isQueued: false });
  });

  it('keeps waiting while its upstream is stale, and lets later ones pass', async () => {
    await deployQueueing([
      defineJob('jobs.up', { triggers: [hourly] }),
      defineJob('jobs.a', { triggers: [hourly], freshness: ['job.is_fresh:jobs.up'] }),
    ]);
    await context.complete(await context.startRun('jobs.up', { trigger: hourly }));
    const [first] = await context.listRuns('jobs.a');
    if (!first) throw new Error('The upstream started nothing');
    const waiting = await context.startRun('jobs.a', { trigger: hourly });
    const behind = await context.startRun('jobs.a', { skipFreshness: true });
    at('10T13:10:00');
    await context.complete(first);
    expect(await release()).toBe(1);
    expect(await again(behind)).toMatchObject({ isQueued: false });
    expect(await again(waiting)).toMatchObject({
      isQueued: true,
      waitReason: 'Waiting: upstream jobs.up missing run for 2026-03-10 13:00:00+00:00.',
    });
    // If it completed, it would cover what the other one waits to cover.
    await fixture.finishRun(behind.id, { status: 'cancelled' }, { onlyFrom: ['pending'] });
    await context.complete(await context.startRun('jobs.up', { trigger: hourly }));
    expect(await release()).toBe(1);
    expect(await again(waiting)).toMatchObject({
      isQueued: false,
      intervalEnd: new Date('2026-03-10T13:00:00Z'),
    });
  });

  it('refreshes when it starts, not before', async () => {
    const interval = { start: '2026-03-10T08:00:00Z' };
    await deployQueueing([defineJob('jobs.a', { triggers: [hourly], interval })]);
    const first = await context.startRun('jobs.a', { trigger: hourly });
    const second = await context.startRun('jobs.a', { trigger: hourly, refresh: true });
    await context.complete(first);
    expect((await context.getJob('jobs.a')).completedIntervalEnd).toEqual(first.intervalEnd);
    expect(await release()).toBe(1);
    expect((await context.getJob('jobs.a')).completedIntervalEnd).toBeNull();
    expect(await again(second)).toMatchObject({
      refresh: true,
      intervalStart: new Date('2026-03-10T08:00:00Z'),
      intervalEnd: new Date('2026-03-10T12:00:00Z'),
    });
  });
});

describe('priority', () => {
  it('decides which run starts and is claimed first; the oldest if equal', async () => {
    const [low, middle, high] = ['low', 'middle', 'high'].map((name) => `jobs.${name}`) as [
      string,
      string,
      string,
    ];
    await deployQueueing(
      [defineJob('jobs.holder'), ...[low, middle, high].map((ref) => defineJob(ref, unlimited))],
      '[pumphouse.jobs.low]\npriority = -5\n[pumphouse.jobs.high]\npriority = 10\n',
    );
    await setLimits(1);
    let holder = await context.startRun('jobs.holder');
    const waiting = [];
    for (const ref of [low, middle, high, middle, high]) waiting.push(await context.startRun(ref));
    const order: string[] = [];
    for (const _ of waiting) {
      await context.complete(holder);
      expect(await release()).toBe(1);
      const [next] = await claimAll();
      holder = await context.getRun(next ?? '');
      order.push(`${(await context.getJob(high)).id === holder.jobId} ${holder.number} ${holder.priority}`);
    }
    expect(order).toEqual(['true 1 10', 'true 2 10', 'false 1 0', 'false 2 0', 'false 1 -5']);
    await setLimits(null);
    const free = [await context.startRun(low), await context.startRun(middle), await context.startRun(high)];
    expect(await claimAll()).toEqual(free.map(({ id }) => id).toReversed());
  });
});

describe('the start deadline', () => {
  const deadline = 'start_deadline = "10m"\n';

  it('fails a run that has not started by then, whether it waits for a slot or for a server', async () => {
    await deployQueueing(
      [defineJob('jobs.a'), defineJob('jobs.b', { triggers: ['job.fail:jobs.a'] })],
      deadline,
    );
    const first = await context.startRun('jobs.a');
    const second = await context.startRun('jobs.a');
    at('10T12:39:59');
    expect(await fixture.releaseQueued.failOverdue()).toBe(0);
    at('10T12:40:00');
    expect(await fixture.releaseQueued.failOverdue()).toBe(2);
    expect(await again(first)).toMatchObject({
      status: 'failed',
      failure: {
        code: 'start_deadline_passed',
        detail: 'The run had not started by 2026-03-10T12:40:00.000Z, its start deadline.',
      },
    });
    expect(await again(second)).toMatchObject({ status: 'failed', isQueued: false });
    expect((await context.readLog(second.id)).at(-1)?.content).toMatch(
      /^Failed \(start_deadline_passed\): .* Last wait reason: Waiting: 1 of 1 allowed runs of this job are active\./,
    );
    expect(await context.listRuns('jobs.b')).toHaveLength(2);
    expect(await release()).toBe(0);
  });

  it('does not affect a started run', async () => {
    await deployQueueing([defineJob('jobs.a')], deadline);
    const { run } = await context.createAttempt(await context.startRun('jobs.a'));
    // Between two attempts.
    await context.setRun(run.id, { status: 'pending' });
    at('10T14:00:00');
    expect(await fixture.releaseQueued.failOverdue()).toBe(0);
    expect(await again(run)).toMatchObject({ status: 'pending' });
  });
});

describe('limits of the organization', () => {
  it('apply across all its workspaces, to starts that queue and those that do not', async () => {
    await deployQueueing([defineJob('jobs.a', unlimited)], '[pumphouse.jobs.b]\non_limit = "skip"\n');
    await context.deployJobs([defineJob('jobs.a', unlimited), defineJob('jobs.b', unlimited)]);
    await setLimits(2);
    const runs = [await context.startRun('jobs.a'), await context.startRun('jobs.b')];
    const waiting = await context.startRun('jobs.a');
    expect(waiting.waitReason).toBe('Waiting: 2 of 2 allowed runs of the organization are active.');
    await expect(context.startRun('jobs.b')).rejects.toMatchObject({
      extra: { status: 'skipped_org_concurrency_limit' },
    });
    if (runs[1]) await context.complete(runs[1]);
    expect(await release()).toBe(1);
    expect(await again(waiting)).toMatchObject({ isQueued: false });
  });

  it('count the starts of the same call', async () => {
    await deployQueueing(['a', 'b', 'c'].map((name) => defineJob(`jobs.${name}`)));
    await setLimits(2);
    const { succeeded } = await context.trigger({ selectors: ['manual:*'] });
    expect(succeeded.map(({ run }) => run?.isQueued)).toEqual([false, false, true]);
  });

  it('skip new starts when the minutes of the month are used up, and keep queued runs waiting', async () => {
    await deployQueueing([defineJob('jobs.a')]);
    const first = await context.startRun('jobs.a');
    const second = await context.startRun('jobs.a');
    await context.setRun(first.id, { status: 'running', startedAt: ago({ minutes: 61 }) });
    await setLimits(null, 60);
    const skip = {
      status: 'skipped_minutes_limit',
      reasons: ['the organization has used 61 of its 60 run minutes this month (UTC)'],
    };
    // Active runs count, too.
    await expect(context.startRun('jobs.a')).rejects.toMatchObject({ extra: skip });
    await fixture.finishRun(first.id, { status: 'completed' });
    await expect(context.startRun('jobs.a')).rejects.toMatchObject({ extra: skip });
    expect(await release()).toBe(0);
    expect((await again(second)).waitReason).toBe(`Waiting: ${skip.reasons[0]}.`);
    await setLimits(null, 100);
    expect(await release()).toBe(1);
  });
});
