import type { JobRunRecord } from '../../store/records.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createWorkspaceFixture, defineJob, plainRequirements } from '../testing/workspace-fixture.ts';
import { createServiceFixture, noon } from '../testing/service-fixture.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  fixture.clock.now = noon;
  context = await createWorkspaceFixture(fixture);
});

const daily = 'schedule:0 6 * * *';
const declared = { interval: { start: '2026-01-01' } };
/**
 * Everything that a refresh must cover at noon: from the declared start, floored to its tick, to the latest
 * tick.
 */
const everything = {
  refresh: true,
  intervalStart: new Date('2025-12-31T06:00:00Z'),
  intervalEnd: new Date('2026-03-10T06:00:00Z'),
};
const followed = 'job.success:jobs.source';
const source = defineJob('jobs.source', { execute: { concurrency: null } });
const load = defineJob('jobs.load', {
  triggers: [daily, followed, 'webhook:orders', 'deployment:'],
  expose: { tags: ['nightly'] },
  ...declared,
});
const freshOn = (ref: string) => ({ freshness: [`job.is_fresh:${ref}`] });

async function deploy(jobs: readonly unknown[], settings = ''): Promise<void> {
  await context.uploadDeployment();
  await context.uploadConfiguration({ 'config.toml': settings });
  await context.deployJobs(jobs);
  for (const run of await listStarted()) await context.complete(run);
}

const listStarted = async () =>
  (await context.listRuns('jobs.load')).filter(({ status }) => status !== 'skipped');

/** Marks everything up to the latest tick as loaded. */
const coverAll = () =>
  context.setJob('jobs.load', {
    completedIntervalEnd: everything.intervalEnd,
    lastCompletedAt: new Date(),
    refreshPending: false,
  });
const leavePending = () =>
  context.setJob('jobs.load', { completedIntervalEnd: null, lastCompletedAt: null, refreshPending: true });

async function newest(): Promise<JobRunRecord> {
  const run = (await context.listRuns('jobs.load')).at(-1);
  if (!run) throw new Error('There is no run of jobs.load');
  return run;
}

async function sendWebhook(): Promise<void> {
  const { workspaceId } = context;
  await fixture.persistence.transaction(async (store) => {
    const [job] = await store.jobs.lock([(await context.getJob('jobs.load')).id]);
    if (!job) throw new Error('There is no job');
    await fixture.startRuns.startForEvent(store, {
      workspaceId,
      jobs: [{ job, trigger: 'webhook:orders' }],
    });
  });
}

const completeSource = async () => context.complete(await context.startRun('jobs.source'));
const idsOf = (...refs: string[]) => Promise.all(refs.map(async (ref) => (await context.getJob(ref)).id));

/** Ways to start jobs.load with a refresh that a cascade left pending. */
const pendingStarts: [string, () => Promise<unknown>][] = [
  ['a job that it follows', completeSource],
  ['a webhook', sendWebhook],
  ['a deployment', () => deployAgain()],
  ['its tag', () => context.trigger({ selectors: ['tag:nightly'] })],
  ['hand', () => context.startRun('jobs.load')],
  [
    'a tick',
    async () => {
      fixture.clock.now = new Date('2026-03-11T06:00:01Z');
      const { id } = await context.getJob('jobs.load');
      await fixture.startRuns.startTick({ jobId: id, trigger: daily });
    },
  ],
];

async function deployAgain(): Promise<void> {
  await context.uploadDeployment({ ...plainRequirements, groups: { main: ['requests==2.31.0'] } });
  await context.deployJobs([source, load]);
}

/** Calls that request a refresh of jobs.load. */
const requestedStarts: [string, () => Promise<unknown>][] = [
  ['its id', async () => context.trigger({ jobIds: await idsOf('jobs.load'), refresh: true })],
  ['its tag', () => context.trigger({ selectors: ['tag:nightly'], refresh: true })],
  ['hand', () => context.startRun('jobs.load', { refresh: true })],
  ['its clock', () => context.startRun('jobs.load', { trigger: daily, refresh: true })],
  ['the trigger of an event', () => context.startRun('jobs.load', { trigger: followed, refresh: true })],
];

async function expectCovered(run: JobRunRecord, wanted = everything): Promise<void> {
  expect(run).toMatchObject({ status: 'pending', ...wanted });
  await context.complete(run);
  expect(await context.getJob('jobs.load')).toMatchObject({
    completedIntervalEnd: wanted.intervalEnd,
    refreshPending: false,
  });
}

describe('a refresh covers everything since the declared start', () => {
  it.each(requestedStarts)('if a call requests it by %s', async (_, start) => {
    await deploy([source, load]);
    await coverAll();
    await start();
    await expectCovered(await newest());
  });

  it.each(pendingStarts)('if it was pending, and %s starts the job', async (name, start) => {
    await deploy([source, load]);
    await leavePending();
    await start();
    const intervalEnd = name === 'a tick' ? new Date('2026-03-11T06:00:00Z') : everything.intervalEnd;
    await expectCovered(await newest(), { ...everything, intervalEnd });
  });

  it('if each run refreshes, and the job that it follows completes', async () => {
    await deploy([source, { ...load, refresh_propagation: 'always' }]);
    await coverAll();
    await completeSource();
    await expectCovered(await newest());
  });

  it('if the upstream job always refreshes', async () => {
    const always = { ...source, refresh_propagation: 'always' };
    await deploy([always, { ...load, ...freshOn('jobs.source') }]);
    await coverAll();
    await completeSource();
    const [, byEvent, byFreshness] = await context.listRuns('jobs.load');
    expect(byFreshness).toBeUndefined();
    await expectCovered(byEvent as JobRunRecord);
  });

  it('if the start waits for an upstream of the same call, with a trigger other than a clock', async () => {
    const upstream = defineJob('jobs.up', { expose: { tags: ['nightly'] } });
    await deploy([source, upstream, { ...load, ...freshOn('jobs.up') }]);
    await coverAll();
    await context.trigger({ selectors: ['tag:nightly'], refresh: true });
    const [run] = await context.listRuns('jobs.up');
    await context.complete(run as JobRunRecord);
    expect(await newest()).toMatchObject({ trigger: 'tag:nightly', previousJobRunId: run?.id });
    await expectCovered(await newest());
  });

  it('if the upstream that the start waits for blocks refreshes', async () => {
    const upstream = defineJob('jobs.up', { expose: { tags: ['nightly'] }, refresh_propagation: 'block' });
    await deploy([source, upstream, { ...load, ...freshOn('jobs.up') }]);
    await coverAll();
    await context.trigger({ selectors: ['tag:nightly'], refresh: true });
    const [run] = await context.listRuns('jobs.up');
    expect(run).toMatchObject({ refresh: false });
    await context.complete(run as JobRunRecord);
    await expectCovered(await newest());
  });

  it('if the start was queued, up to the last tick before it starts', async () => {
    await deploy([source, load], '[pumphouse]\non_limit = "queue"\n');
    await coverAll();
    const before = await context.startRun('jobs.load');
    await context.startRun('jobs.load', { refresh: true });
    expect(await newest()).toMatchObject({ isQueued: true });
    fixture.clock.now = new Date('2026-03-12T12:00:00Z');
    await context.complete(before);
    await fixture.releaseQueued.release();
    await expectCovered(await newest(), { ...everything, intervalEnd: new Date('2026-03-12T06:00:00Z') });
  });

  it('if its first attempt failed, and after a failed run', async () => {
    await deploy([source, load], '[pumphouse]\nretries = { count = 1, backoff = "1s" }\n');
    await coverAll();
    const { id: runId } = await context.startRun('jobs.load', { refresh: true });
    const failure = { code: 'exit_code', detail: 'It failed.' } as const;
    const fail = async () => {
      const { id: attemptId } = await context.createAttempt(await context.getRun(runId));
      await fixture.finishRun(runId, { status: 'failed', failure }, { attemptId });
    };
    await fail();
    expect(await context.getRun(runId)).toMatchObject({ status: 'pending', ...everything });
    await fail();
    expect(await context.getRun(runId)).toMatchObject({ status: 'failed' });
    await completeSource();
    await expectCovered(await newest());
  });
});

describe('a refresh that has nothing to cover yet', () => {
  const begun = { ...load, interval: { start: '2026-03-10T08:00' } };
  const future = { ...load, interval: { start: '2027-01-01' } };
  const reason = 'a refresh now would drop the loaded data and load nothing';

  it.each(requestedStarts)('starts nothing if a call requests it by %s', async (_, start) => {
    await deploy([source, begun]);
    const before = await listStarted();
    await start().catch((error: unknown) => expect(error).toMatchObject({ code: 'start_declined' }));
    expect(await listStarted()).toEqual(before);
    expect(await context.getJob('jobs.load')).toMatchObject({ refreshPending: false });
  });

  it.each([
    ['has not begun', future],
    ['has begun, without a tick since', begun],
  ])('stays pending, with the reason, if the declared interval %s', async (_, definition) => {
    await deploy([source, definition]);
    await leavePending();
    await completeSource();
    expect(await newest()).toMatchObject({
      status: 'skipped',
      skip: { status: 'skipped_out_of_interval', reasons: [expect.any(String), reason] },
    });
    expect(await context.getJob('jobs.load')).toMatchObject({ refreshPending: true });
    const dryRun = { selectors: ['tag:nightly'], refresh: true, dryRun: true };
    expect((await context.trigger(dryRun)).skipped).toMatchObject([
      { reasons: [expect.any(String), reason] },
    ]);
  });
});

describe('a start without a tick', () => {
  it('covers the time that a failed run left, and counts for jobs that wait for this one', async () => {
    await deploy([source, load]);
    await context.setJob('jobs.load', { completedIntervalEnd: new Date('2026-03-08T06:00:00Z') });
    await completeSource();
    const run = await newest();
    expect(run).toMatchObject({
      trigger: followed,
      refresh: false,
      intervalStart: new Date('2026-03-08T06:00:00Z'),
      intervalEnd: everything.intervalEnd,
    });
    await context.complete(run);
    expect(await context.getJob('jobs.load')).toMatchObject({ completedIntervalEnd: everything.intervalEnd });
  });

  it('is at a point in time if another run covers that time, or nothing is left', async () => {
    await deploy([source, { ...load, execute: { concurrency: 2 } }]);
    await context.setJob('jobs.load', { completedIntervalEnd: new Date('2026-03-08T06:00:00Z') });
    const first = await context.startRun('jobs.load');
    expect(first).toMatchObject({ intervalEnd: everything.intervalEnd });
    expect(await context.startRun('jobs.load')).toMatchObject({ intervalStart: noon, intervalEnd: noon });
    await context.complete(first);
    await context.complete(await newest());
    expect(await context.startRun('jobs.load')).toMatchObject({ intervalStart: noon, intervalEnd: noon });
  });
});

describe('a dry run', () => {
  it('reports what a refresh and a start cover, and a job without a clock', async () => {
    await deploy([source, load]);
    await context.setJob('jobs.load', { completedIntervalEnd: new Date('2026-03-08T06:00:00Z') });
    const jobIds = await idsOf('jobs.load', 'jobs.source');
    const reasonsOf = async (refresh: boolean) =>
      Object.fromEntries(
        (await context.trigger({ jobIds, refresh, dryRun: true })).succeeded.map(({ job, reasons }) => [
          job.jobRef,
          reasons,
        ]),
      );
    expect(await reasonsOf(true)).toEqual({
      'jobs.load': ['refreshes 2025-12-31T06:00:00.000Z to 2026-03-10T06:00:00.000Z'],
      'jobs.source': ['refreshes no interval: the run is at a point in time'],
    });
    expect(await reasonsOf(false)).toEqual({
      'jobs.load': ['covers 2026-03-08T06:00:00.000Z to 2026-03-10T06:00:00.000Z'],
      'jobs.source': ['covers no interval: the run is at a point in time'],
    });
  });
});
