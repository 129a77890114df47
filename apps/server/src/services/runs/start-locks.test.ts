import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { countLockWaits } from '../../store/postgres/testing/tables.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
/** Job refs sorted by job id, which is the lock order. */
let inOrder: string[];
beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  fixture.clock.now = new Date('2026-03-10T12:30:00Z');
  context = await createWorkspaceFixture(fixture);
  await context.deployAll(['jobs.a', 'jobs.b', 'jobs.c'].map((ref) => defineJob(ref)));
  const jobs = await fixture.store.jobs.listAll(context.workspaceId);
  inOrder = jobs.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map(({ jobRef }) => jobRef);
});

const idOf = async (ref = '') => (await context.getJob(ref)).id;

/**
 * Runs the work while another transaction holds the job whose lock comes first. The work must wait for it,
 * and must not hold a later lock meanwhile: the other transaction may need that next, and they would
 * deadlock.
 */
async function expectOrder(work: () => Promise<unknown>): Promise<void> {
  const [first, ...later] = await Promise.all(inOrder.map((ref) => idOf(ref)));
  let working: Promise<unknown> = Promise.resolve();
  const { promise: waits, resolve: begins } = Promise.withResolvers<void>();
  await fixture.persistence.transaction(async (store) => {
    await store.jobs.lock([first ?? '']);
    working = work();
    working.catch(begins);
    void expect
      .poll(() => countLockWaits(fixture.database))
      .toBeGreaterThan(0)
      .then(begins, begins);
    await waits;
    for (const id of later) expect(await store.jobs.tryLock([id])).toEqual([id]);
  });
  await working;
}

describe('a start that refreshes other jobs locks all of them in order', () => {
  it('at a tick', async () => {
    const [, , last = ''] = inOrder;
    await context.deployJobs([
      defineJob(last, { triggers: ['schedule:0 * * * *'], refresh_propagation: 'always' }),
    ]);
    fixture.clock.now = new Date('2026-03-10T13:00:00Z');
    const jobId = await idOf(last);
    await expectOrder(() => fixture.startRuns.startTick({ jobId, trigger: 'schedule:0 * * * *' }));
    expect(await context.listRuns(last)).toMatchObject([{ refresh: true }]);
  });

  it('at the end of a run that starts such a job', async () => {
    const [, ended = '', follower = ''] = inOrder;
    await context.deployJobs([defineJob(follower, { triggers: [`job.success:${ended}`] })]);
    await context.setJob(follower, { refreshPending: true });
    const run = await context.startRun(ended);
    await expectOrder(() => context.complete(run));
    expect(await context.listRuns(follower)).toMatchObject([{ refresh: true }]);
  });

  it('in a call for one run', async () => {
    const [, , last = ''] = inOrder;
    await expectOrder(() => context.startRun(last, { refresh: true }));
    expect(await context.listRuns(last)).toMatchObject([{ refresh: true }]);
  });
});
