/** Runs that only finish pending load packages: what is due, and a refresh, are left to the next run. */
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());

const hourly = { triggers: ['schedule:0 * * * *'] };
const due = { start: new Date('2026-03-10T11:00:00Z'), end: new Date('2026-03-10T12:00:00Z') };

beforeEach(async () => {
  context = await createWorkspaceFixture(fixture);
  await context.uploadDeployment();
  await context.uploadConfiguration({ 'config.toml': '[pumphouse]\non_limit = "queue"\n' });
  await context.deployJobs([
    defineJob('jobs.load', hourly),
    defineJob('jobs.always', { ...hourly, refresh_propagation: 'always' }),
  ]);
});

async function startFinishing(jobRef: string, extractedBy: string | null = null) {
  const { id } = await context.getJob(jobRef);
  return fixture.startRuns.startFinishing({
    workspaceId: context.workspaceId,
    jobId: id,
    profile: 'prod',
    membershipId: context.membershipId,
    pipelineNames: ['shop'],
    extractedBy,
  });
}

describe('a run that only finishes pending packages', () => {
  it('covers no time, although some is due', async () => {
    const run = await startFinishing('jobs.load');
    expect(run.intervalStart).not.toBeNull();
    expect(run.intervalStart).toEqual(run.intervalEnd);
    await context.complete(run);
    expect((await context.getJob('jobs.load')).completedIntervalEnd).toBeNull();
    expect(await context.startRun('jobs.load')).toMatchObject({
      intervalStart: due.start,
      intervalEnd: due.end,
    });
  });

  it('leaves a refresh that is pending to the next run', async () => {
    await context.setJob('jobs.load', { refreshPending: true });
    const run = await startFinishing('jobs.load');
    expect(run.refresh).toBe(false);
    expect((await context.getJob('jobs.load')).refreshPending).toBe(true);
    await context.complete(run);
    expect((await context.getJob('jobs.load')).refreshPending).toBe(true);
    const next = await context.startRun('jobs.load');
    expect(next.refresh).toBe(true);
    expect((await context.getJob('jobs.load')).refreshPending).toBe(false);
  });

  it('does not refresh a job that always does', async () => {
    const run = await startFinishing('jobs.always');
    expect(run.refresh).toBe(false);
    await context.complete(run);
    expect(await context.startRun('jobs.always')).toMatchObject({ refresh: true });
  });

  it('neither refreshes nor covers anything if it had to wait for a slot', async () => {
    const first = await context.startRun('jobs.load');
    const waiting = await startFinishing('jobs.load');
    expect(waiting).toMatchObject({ isQueued: true });
    await context.setJob('jobs.load', { refreshPending: true });
    await context.complete(first);
    await fixture.releaseQueued.release();
    const released = await context.getRun(waiting.id);
    expect(released).toMatchObject({ isQueued: false, refresh: false });
    expect(released.intervalStart).toEqual(released.intervalEnd);
    expect((await context.getJob('jobs.load')).refreshPending).toBe(true);
  });

  it('gets the input that a member gave the run which extracted them, and no body of a webhook', async () => {
    const run = await context.startRun('jobs.load');
    await fixture.store.jobRuns.setInput(run.id, '{"day": "2026-03-01"}');
    await context.complete(run);
    const finishing = await startFinishing('jobs.load', run.id);
    expect(await fixture.store.jobRuns.readInput(finishing.id)).toBe('{"day": "2026-03-01"}');
    await context.complete(finishing);
    await context.setRun(run.id, { triggeredBy: null });
    const next = await startFinishing('jobs.load', run.id);
    expect(await fixture.store.jobRuns.readInput(next.id)).toBeNull();
  });
});
