import type { JobRunRecord } from '../../store/records.ts';
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
beforeEach(async () => {
  context = await createWorkspaceFixture(fixture);
  await context.deployAll(chain);
});

const freshOn = (...refs: string[]) => ({ freshness: refs.map((ref) => `job.is_fresh:${ref}`) });
const chain = [
  defineJob('jobs.a'),
  defineJob('jobs.b', freshOn('jobs.a')),
  defineJob('jobs.c', freshOn('jobs.b')),
];

/** Starts `jobs.a`; the call defers the starts of the jobs downstream. */
async function deferAll(refs = ['jobs.a', 'jobs.b', 'jobs.c']): Promise<JobRunRecord> {
  const jobs = await Promise.all(refs.map((ref) => context.getJob(ref)));
  const { succeeded } = await context.trigger({ jobIds: jobs.map(({ id }) => id) });
  const run = succeeded[0]?.run;
  if (succeeded.length !== 1 || !run) throw new Error('The call was to start one job');
  return run;
}

async function listDeferred(): Promise<string[]> {
  const jobs = await fixture.store.jobs.listAll(context.workspaceId);
  const deferred = await fixture.store.deferredStarts.ofJobs(jobs.map(({ id }) => id));
  const ids = new Set(deferred.map(({ jobId }) => jobId));
  return jobs
    .filter(({ id }) => ids.has(id))
    .map(({ jobRef }) => jobRef)
    .toSorted();
}

describe('a deferred start', () => {
  it('starts when the upstream completes', async () => {
    const run = await deferAll();
    expect(await listDeferred()).toEqual(['jobs.b', 'jobs.c']);
    await context.complete(run);
    expect(await context.listRuns('jobs.b')).toMatchObject([{ status: 'pending', previousJobRunId: run.id }]);
    expect(await listDeferred()).toEqual(['jobs.c']);
  });

  it('is removed, with those downstream, when its job is archived, and is not restored with the job', async () => {
    const run = await deferAll();
    const { id } = await context.getJob('jobs.b');
    const switches = { workspaceId: context.workspaceId, jobId: id };
    await fixture.switchJobs.archive(switches);
    expect(await listDeferred()).toEqual([]);
    await fixture.switchJobs.unarchive(switches);
    await context.complete(run);
    expect(await context.listRuns('jobs.b')).toEqual([]);
  });

  it('is removed when a deploy or the archiving of the workspace archives its job', async () => {
    const own = { deploymentModule: 'workspace' };
    await context.deployJobs(chain, own);
    await deferAll();
    await context.deployJobs(chain.slice(0, 1), own);
    expect(await listDeferred()).toEqual([]);
    await context.deployJobs(chain, own);
    const [waiting] = await context.listRuns('jobs.a');
    if (waiting) await context.complete(waiting);
    await deferAll();
    expect(await listDeferred()).toEqual(['jobs.b', 'jobs.c']);
    await fixture.workspaces.archive(context.workspaceId);
    expect(await listDeferred()).toEqual([]);
  });

  it('that is skipped when due is recorded, and does not wait for a later night', async () => {
    const active = await context.startRun('jobs.b', { skipFreshness: true });
    const run = await deferAll(['jobs.a', 'jobs.b']);
    await context.complete(run);
    expect(await context.listRuns('jobs.b')).toMatchObject([
      { id: active.id },
      { status: 'skipped', skip: { status: 'skipped_concurrency_limit' } },
    ]);
    expect(await listDeferred()).toEqual([]);
  });

  it.each([1, null])(
    'is fulfilled by the start from the same event, with concurrency %s',
    async (concurrency) => {
      const own = { triggers: ['job.success:jobs.a'], execute: { concurrency } };
      await context.deployJobs([defineJob('jobs.follower', { ...freshOn('jobs.a'), ...own })]);
      const run = await deferAll(['jobs.a', 'jobs.follower']);
      await context.complete(run);
      expect(await context.listRuns('jobs.follower')).toMatchObject([
        { status: 'pending', trigger: 'job.success:jobs.a', previousJobRunId: run.id },
      ]);
      expect(await listDeferred()).toEqual([]);
    },
  );

  it('starts in addition to the start from the same event if it was requested under another profile', async () => {
    const own = { triggers: ['job.success:jobs.a'], execute: { concurrency: null } };
    await context.deployJobs([defineJob('jobs.follower', { ...freshOn('jobs.a'), ...own })]);
    const jobs = await Promise.all(['jobs.a', 'jobs.follower'].map((ref) => context.getJob(ref)));
    const { succeeded } = await context.trigger({ jobIds: jobs.map(({ id }) => id), profile: 'access' });
    const run = succeeded[0]?.run;
    if (run) await context.complete(run);
    const profiles = (await context.listRuns('jobs.follower')).map(({ profile }) => profile);
    expect(profiles.toSorted()).toEqual(['access', 'prod']);
  });

  it('keeps waiting while another upstream is pending', async () => {
    const both = defineJob('jobs.both', freshOn('jobs.a', 'jobs.other'));
    await context.deployJobs([defineJob('jobs.other'), both]);
    const refs = ['jobs.a', 'jobs.other', 'jobs.both'];
    const jobs = await Promise.all(refs.map((ref) => context.getJob(ref)));
    await context.trigger({ jobIds: jobs.map(({ id }) => id) });
    const [first] = await context.listRuns('jobs.a');
    const [second] = await context.listRuns('jobs.other');
    if (first) await context.complete(first);
    expect(await listDeferred()).toEqual(['jobs.both']);
    expect(await context.listRuns('jobs.both')).toEqual([]);
    if (second) await context.complete(second);
    expect(await context.listRuns('jobs.both')).toMatchObject([{ status: 'pending' }]);
    expect(await listDeferred()).toEqual([]);
  });
});
