import type { JobRunRecord } from '../../store/records.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { ServicePlace } from '../testing/service-place.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPlace, defineJob } from '../testing/service-place.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';

let fixture: ServiceFixture;
let place: ServicePlace;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  place = await createPlace(fixture);
  await place.deployAll(chain);
});

const freshOn = (...refs: string[]) => ({ freshness: refs.map((ref) => `job.is_fresh:${ref}`) });
const chain = [
  defineJob('jobs.a'),
  defineJob('jobs.b', freshOn('jobs.a')),
  defineJob('jobs.c', freshOn('jobs.b')),
];

/** Starts `jobs.a`; the call defers the starts of the jobs downstream. */
async function promiseAll(refs = ['jobs.a', 'jobs.b', 'jobs.c']): Promise<JobRunRecord> {
  const jobs = await Promise.all(refs.map((ref) => place.getJob(ref)));
  const { succeeded } = await place.trigger({ jobIds: jobs.map(({ id }) => id) });
  const run = succeeded[0]?.run;
  if (succeeded.length !== 1 || !run) throw new Error('The call was to start one job');
  return run;
}

async function listPromised(): Promise<string[]> {
  const rows = await fixture.database.query<{ ref: string }>(
    `select jobs.job_ref as ref from promised_starts join jobs on jobs.id = promised_starts.job_id
      where jobs.workspace_id = $1 order by jobs.job_ref`,
    [place.workspaceId],
  );
  return rows.map(({ ref }) => ref);
}

describe('a deferred start', () => {
  it('starts when the upstream completes', async () => {
    const run = await promiseAll();
    expect(await listPromised()).toEqual(['jobs.b', 'jobs.c']);
    await place.complete(run);
    expect(await place.listRuns('jobs.b')).toMatchObject([{ status: 'pending', previousJobRunId: run.id }]);
    expect(await listPromised()).toEqual(['jobs.c']);
  });

  it('is removed, with those downstream, when its job is archived, and is not restored with the job', async () => {
    const run = await promiseAll();
    const { id } = await place.getJob('jobs.b');
    const switches = { workspaceId: place.workspaceId, jobId: id };
    await fixture.switchJobs.archive(switches);
    expect(await listPromised()).toEqual([]);
    await fixture.switchJobs.unarchive(switches);
    await place.complete(run);
    expect(await place.listRuns('jobs.b')).toEqual([]);
  });

  it('is removed when a deploy or the archiving of the workspace archives its job', async () => {
    const own = { deploymentModule: 'workspace' };
    await place.deployJobs(chain, own);
    await promiseAll();
    await place.deployJobs(chain.slice(0, 1), own);
    expect(await listPromised()).toEqual([]);
    await place.deployJobs(chain, own);
    const [waiting] = await place.listRuns('jobs.a');
    if (waiting) await place.complete(waiting);
    await promiseAll();
    expect(await listPromised()).toEqual(['jobs.b', 'jobs.c']);
    await fixture.workspaces.archive(place.workspaceId);
    expect(await listPromised()).toEqual([]);
  });

  it('that is skipped when due is recorded, and does not wait for a later night', async () => {
    const active = await place.startRun('jobs.b', { skipFreshness: true });
    const run = await promiseAll(['jobs.a', 'jobs.b']);
    await place.complete(run);
    expect(await place.listRuns('jobs.b')).toMatchObject([
      { id: active.id },
      { status: 'skipped', skip: { status: 'skipped_concurrency_limit' } },
    ]);
    expect(await listPromised()).toEqual([]);
  });

  it.each([1, null])(
    'is fulfilled by the start from the same event, with concurrency %s',
    async (concurrency) => {
      const own = { triggers: ['job.success:jobs.a'], execute: { concurrency } };
      await place.deployJobs([defineJob('jobs.follower', { ...freshOn('jobs.a'), ...own })]);
      const run = await promiseAll(['jobs.a', 'jobs.follower']);
      await place.complete(run);
      expect(await place.listRuns('jobs.follower')).toMatchObject([
        { status: 'pending', trigger: 'job.success:jobs.a', previousJobRunId: run.id },
      ]);
      expect(await listPromised()).toEqual([]);
    },
  );

  it('starts in addition to the start from the same event if it was requested under another profile', async () => {
    const own = { triggers: ['job.success:jobs.a'], execute: { concurrency: null } };
    await place.deployJobs([defineJob('jobs.follower', { ...freshOn('jobs.a'), ...own })]);
    const jobs = await Promise.all(['jobs.a', 'jobs.follower'].map((ref) => place.getJob(ref)));
    const { succeeded } = await place.trigger({ jobIds: jobs.map(({ id }) => id), profile: 'access' });
    const run = succeeded[0]?.run;
    if (run) await place.complete(run);
    const profiles = (await place.listRuns('jobs.follower')).map(({ profile }) => profile);
    expect(profiles.toSorted()).toEqual(['access', 'prod']);
  });

  it('keeps waiting while another upstream is pending', async () => {
    const both = defineJob('jobs.both', freshOn('jobs.a', 'jobs.other'));
    await place.deployJobs([defineJob('jobs.other'), both]);
    const refs = ['jobs.a', 'jobs.other', 'jobs.both'];
    const jobs = await Promise.all(refs.map((ref) => place.getJob(ref)));
    await place.trigger({ jobIds: jobs.map(({ id }) => id) });
    const [first] = await place.listRuns('jobs.a');
    const [second] = await place.listRuns('jobs.other');
    if (first) await place.complete(first);
    expect(await listPromised()).toEqual(['jobs.both']);
    expect(await place.listRuns('jobs.both')).toEqual([]);
    if (second) await place.complete(second);
    expect(await place.listRuns('jobs.both')).toMatchObject([{ status: 'pending' }]);
    expect(await listPromised()).toEqual([]);
  });
});
