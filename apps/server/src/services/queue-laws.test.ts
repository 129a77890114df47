import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JobRunRecord } from '../store/records.ts';
import type { ReleaseLoop } from '../scheduler/release-loop.ts';
import type { ServiceFixture } from './testing/service-fixture.ts';
import type { ServicePlace } from './testing/service-place.ts';
import { createReleaseLoop } from '../scheduler/release-loop.ts';
import { createServiceFixture, noon } from './testing/service-fixture.ts';
import { createPlace, defineJob } from './testing/service-place.ts';
import { eventually } from '../../../../testing/fixtures/eventually.ts';

let fixture: ServiceFixture;
let place: ServicePlace;
beforeAll(async () => {
  fixture = await createServiceFixture();
  fixture.clock.now = noon;
  place = await createPlace(fixture);
  await place.uploadDeployment();
  await place.uploadConfiguration({ 'config.toml': '[pumphouse]\non_limit = "queue"\n' });
  await place.deployJobs([
    defineJob('jobs.one'),
    defineJob('jobs.three', { execute: { concurrency: 3 } }),
    defineJob('jobs.any', { execute: { concurrency: null } }),
  ]);
});
afterAll(() => fixture.close());

const jobLimits = { 'jobs.one': 1, 'jobs.three': 3, 'jobs.any': Infinity };
const refs = Object.keys(jobLimits) as (keyof typeof jobLimits)[];

const startLoop = async (): Promise<ReleaseLoop> => {
  const loop = createReleaseLoop({
    persistence: fixture.persistence,
    releaseQueued: fixture.releaseQueued,
    log: fixture.log,
  });
  await loop.start();
  return loop;
};

/** A place in the row of those that may run, seen in one snapshot of the database: what was ever active at once. */
async function countActive(): Promise<Record<string, number>> {
  const rows = await fixture.database.query<{ jobRef: string; count: number }>(
    `select jobs.job_ref as "jobRef", count(*)::int as count from job_runs join jobs on jobs.id = job_runs.job_id
      where job_runs.status in ('pending', 'starting', 'running', 'cancelling') and not is_queued group by jobs.job_ref`,
  );
  return Object.fromEntries(rows.map((row) => [row.jobRef, row.count]));
}

/** A supervisor: claims what may run, and ends it. */
async function work(owner: string, isOver: () => boolean): Promise<number> {
  let ended = 0;
  while (!isOver()) {
    const claim = await fixture.store.claims.claimPending(owner, 60);
    const active = await countActive();
    for (const ref of refs) expect(active[ref] ?? 0).toBeLessThanOrEqual(jobLimits[ref]);
    expect(Object.values(active).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(4);
    if (!claim) continue;
    await fixture.database.execute(
      `update job_runs set status = 'running', started_at = now() where id = $1`,
      [claim.jobRunId],
    );
    if (await fixture.finishRun(claim.jobRunId, { status: 'completed' })) ended += 1;
  }
  return ended;
}

it('exceeds no limit while many start and end runs at once, and lets every run go in the end', async () => {
  await fixture.store.organizationLimits.set(place.organizationId, {
    concurrentRuns: 4,
    minutesAMonth: null,
  });
  const loops = [await startLoop(), await startLoop()];
  const runs: JobRunRecord[] = [];
  const start = async (ref: string) => {
    for (let count = 0; count < 10; count += 1) runs.push(await place.startRun(ref));
  };
  let isOver = false;
  const workers = [work('one', () => isOver), work('two', () => isOver)];
  await Promise.all([...refs, ...refs].map(start));
  await eventually('every run has ended', async () => {
    const { open } = await fixture.database.one<{ open: number }>(
      'select count(*)::int as open from job_runs where finished_at is null',
    );
    return open === 0;
  });
  isOver = true;
  const ended = await Promise.all(workers);
  await Promise.all(loops.map((loop) => loop.stop()));
  expect(runs).toHaveLength(60);
  expect(ended.reduce((sum, count) => sum + count, 0)).toBe(60);
  expect(runs.some((run) => run.isQueued)).toBe(true);
});

it('lets go what a server left waiting that died, though nothing wakes the next one', async () => {
  const first = await place.startRun('jobs.one');
  const second = await place.startRun('jobs.one');
  // The run ends, and whoever would have been told of it is gone.
  await place.complete(first);
  const loop = await startLoop();
  await eventually('it goes', async () => !(await place.getRun(second.id)).isQueued);
  // A word that gets lost costs a poll: this change tells nobody.
  const third = await place.startRun('jobs.one');
  expect(third.isQueued).toBe(true);
  await fixture.database.execute(`update job_runs set status = 'failed', finished_at = now() where id = $1`, [
    second.id,
  ]);
  await eventually('the next one goes', async () => !(await place.getRun(third.id)).isQueued);
  await loop.stop();
});
