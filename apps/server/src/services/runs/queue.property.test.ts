import { claimNext } from '../testing/claim-next.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { JobRunRecord } from '../../store/records.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { createLoops, type Loops } from '../../platform/loops.ts';
import { defineQueueLoop } from '../../scheduler/queue-loop.ts';
import { createServiceFixture, noon } from '../testing/service-fixture.ts';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { eventually } from '../../../../../testing/fixtures/eventually.ts';

/** Jobs with a lock each, so only the organization's lock serializes their starts. */
const others = Array.from({ length: 8 }, (_, index) => `jobs.other${index}`);

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let loops: Loops[];
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
});
afterAll(() => fixture.close());
afterEach(async () => {
  await Promise.all(loops.map((loop) => loop.stop()));
});
beforeEach(async () => {
  loops = [];
  // End the runs and reset the limits that a test left.
  await fixture.database.execute(
    `update job_runs set status = 'failed', is_queued = false, finished_at = now() where finished_at is null`,
  );
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

/** Counts the active runs at one moment, by job. A claimed run counts, whatever else its row contains. */
async function countActive(): Promise<Record<string, number>> {
  const rows = await fixture.database.query<{ jobRef: string; count: number }>(
    `select jobs.job_ref as "jobRef", count(*)::int as count from job_runs join jobs on jobs.id = job_runs.job_id
      where job_runs.status in ('starting', 'running', 'cancelling') or (job_runs.status = 'pending' and not is_queued)
      group by jobs.job_ref`,
  );
  return Object.fromEntries(rows.map((row) => [row.jobRef, row.count]));
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
    await fixture.database.execute(
      `update job_runs set status = 'running', started_at = now() where id = $1`,
      [claim.jobRunId],
    );
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
      const { open } = await fixture.database.one<{ open: number }>(
        'select count(*)::int as open from job_runs where finished_at is null',
      );
      return open === 0;
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
    const active = await fixture.database.query<{ id: string }>(
      'select id from job_runs where finished_at is null and not is_queued',
    );
    await Promise.all(active.map(async ({ id }) => context.complete(await context.getRun(id))));
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
  await fixture.database.execute(`update job_runs set status = 'failed', finished_at = now() where id = $1`, [
    second.id,
  ]);
  await eventually('the next one goes', async () => !(await context.getRun(third.id)).isQueued);
});
