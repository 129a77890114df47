import { claimNext } from '../testing/claim-next.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { JobRecord, JobRunRecord } from '../../store/records.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { createLoops, type Loops } from '../../platform/loops.ts';
import { defineQueueLoop } from '../../scheduler/queue-loop.ts';
import { createServiceFixture, noon } from '../testing/service-fixture.ts';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { eventually } from '../../../../../testing/fixtures/eventually.ts';
import { endOpenRuns } from '../../store/postgres/testing/runs.ts';
import { activeRunStates } from '@pumphouse/contract';

/** Jobs with a lock each, so only the organization's lock serializes their starts. */
const others = Array.from({ length: 8 }, (_, index) => `jobs.other${index}`);

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let loops: Loops[];
let jobs: JobRecord[];
beforeAll(async () => {
  fixture = await createServiceFixture();
  fixture.clock.now = noon;
  context = await createWorkspaceFixture(fixture);
  await context.uploadDeployment();
  await context.uploadConfiguration({ 'config.toml': '[pumphouse]\non_limit = "queue"\n' });
  await context.deployJobs([
    defineJob('jobs.one'),
    defineJob('jobs.three', { execute: { concurrency: 3 } }),
    defineJob('jobs.any', { execute: { concurrency: null } }),
    ...others.map((ref) => defineJob(ref)),
  ]);
  jobs = await fixture.store.jobs.listAll(context.workspaceId);
});
afterAll(() => fixture.close());
afterEach(async () => {
  await Promise.all(loops.map((loop) => loop.stop()));
});
beforeEach(async () => {
  loops = [];
  // End the runs and reset the limits that a test left.
  await endOpenRuns(fixture.database);
  await setRunLimit(null);
});

const jobLimits = { 'jobs.one': 1, 'jobs.three': 3, 'jobs.any': Infinity };
const refs = Object.keys(jobLimits) as (keyof typeof jobLimits)[];

const setRunLimit = (concurrentRuns: number | null) =>
  fixture.store.organizationLimits.set(context.organizationId, { concurrentRuns, minutesAMonth: null });

const startLoop = async (): Promise<void> => {
  const loop = createLoops({ onWake: fixture.persistence.onWake, log: fixture.log });
  loops.push(loop);
  await loop.start(defineQueueLoop(fixture.releaseQueued));
};

/** Lists the runs that have not ended, at one moment. */
async function listOpen(): Promise<JobRunRecord[]> {
  const list = await fixture.store.jobRuns.list(context.workspaceId, { statuses: activeRunStates });
  return (await list.read({ limit: 1000, offset: 0 })).rows;
}

/** Counts the active runs at one moment, by job. A claimed run counts, whatever else its row contains. */
async function countActive(): Promise<Record<string, number>> {
  const active = (await listOpen()).filter(({ status, isQueued }) => status !== 'pending' || !isQueued);
  const jobIds = new Map(jobs.map(({ id, jobRef }) => [id, jobRef]));
  const groups = Map.groupBy(active, ({ jobId }) => jobIds.get(jobId) ?? '');
  return Object.fromEntries([...groups].map(([jobRef, runs]) => [jobRef, runs.length]));
}

const sumOf = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);

/** A supervisor that claims pending runs and ends them. */
async function work(owner: string, isOver: () => boolean): Promise<number> {
  let ended = 0;
  while (!isOver()) {
    const claim = await claimNext(fixture.store, owner, 60);
    const active = await countActive();
    for (const ref of refs) expect(active[ref] ?? 0).toBeLessThanOrEqual(jobLimits[ref]);
    expect(sumOf(Object.values(active))).toBeLessThanOrEqual(4);
    if (!claim) continue;
    await context.setRun(claim.jobRunId, { status: 'running', startedAt: new Date() });
    if (await fixture.finishRun(claim.jobRunId, { status: 'completed' })) ended += 1;
  }
  return ended;
}

it('exceeds no limit while many runs start and end concurrently, and eventually starts every run', async () => {
  await setRunLimit(4);
  await startLoop();
  await startLoop();
  const runs: JobRunRecord[] = [];
  const start = async (ref: string) => {
    for (let count = 0; count < 6; count += 1) runs.push(await context.startRun(ref));
  };
  let isOver = false;
  const workers = Promise.all([work('one', () => isOver), work('two', () => isOver)]);
  const allEnd = async () => {
    await Promise.all([...refs, ...refs].map(start));
    await eventually('every run has ended', async () => {
      return (await listOpen()).length === 0;
    });
  };
  // A worker that observes too many fails the test at once.
  await Promise.race([allEnd(), workers]).finally(() => (isOver = true));
  const ended = await workers;
  expect(runs).toHaveLength(36);
  expect(sumOf(ended)).toBe(36);
  expect(runs.some((run) => run.isQueued)).toBe(true);
});

it('exceeds no limit of the organization when starts, and then releases, of many jobs coincide', async () => {
  await setRunLimit(2);
  const runs = await Promise.all(others.map((ref) => context.startRun(ref)));
  expect(runs.filter((run) => !run.isQueued)).toHaveLength(2);
  for (let left = runs.length - 2; left > 0; left -= 2) {
    const active = (await listOpen()).filter((run) => !run.isQueued);
    await Promise.all(active.map((run) => context.complete(run)));
    const release = () => fixture.releaseQueued.release();
    expect(sumOf(await Promise.all([release(), release(), release(), release()]))).toBe(2);
  }
});

it('releases runs that a dead server left queued, without a wake-up signal', async () => {
  const first = await context.startRun('jobs.one');
  const second = await context.startRun('jobs.one');
  // The run ends, and the server that would have been notified is gone.
  await context.complete(first);
  await startLoop();
  await eventually('it goes', async () => !(await context.getRun(second.id)).isQueued);
  // A lost signal costs one poll interval: this change sends none.
  const third = await context.startRun('jobs.one');
  expect(third.isQueued).toBe(true);
  await context.setRun(second.id, { status: 'failed', finishedAt: new Date() });
  await eventually('the next one goes', async () => !(await context.getRun(third.id)).isQueued);
});
