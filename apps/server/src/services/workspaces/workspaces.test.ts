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
  await context.deployAll([
    defineJob('jobs.a', { execute: { concurrency: null } }),
    defineJob('jobs.b', { triggers: ['job.success:jobs.a'] }),
  ]);
});

const archive = () => fixture.workspaces.archive(context.workspaceId);
const unarchive = () => fixture.workspaces.unarchive(context.workspaceId);
const archived = { code: 'workspace_archived' };

describe('an archived workspace', () => {
  it('loses its queued runs; started ones continue, without followers', async () => {
    const waiting = await context.startRun('jobs.a');
    const { run: running } = await context.createAttempt(await context.startRun('jobs.a'));
    const elsewhere = await createWorkspaceFixture(fixture);
    await elsewhere.deployAll([defineJob('jobs.a')]);
    const other = await elsewhere.startRun('jobs.a');
    expect((await archive()).archivedAt).not.toBeNull();
    expect(await context.getRun(waiting.id)).toMatchObject({ status: 'cancelled' });
    expect(await context.listEvents(waiting.id)).toEqual(['job_run.created', 'job_run.finished']);
    expect(await context.getRun(other.id)).toMatchObject({ status: 'pending' });
    await context.complete(running);
    expect(await context.getRun(running.id)).toMatchObject({ status: 'completed' });
    expect(await context.listRuns('jobs.b')).toMatchObject([
      { status: 'skipped', skip: { status: 'skipped_workspace_archived', count: 1 } },
    ]);
  });

  it('has its active runs cancelled on request', async () => {
    const { run } = await context.createAttempt(await context.startRun('jobs.a'));
    await archive();
    expect(await fixture.cancelRuns.cancel(context.workspaceId, run.id)).toMatchObject({
      status: 'cancelling',
      endIntent: 'cancel',
    });
  });

  it('rejects uploads, deploys, renames and runs', async () => {
    await archive();
    await expect(context.uploadDeployment()).rejects.toMatchObject(archived);
    await expect(context.uploadConfiguration()).rejects.toMatchObject(archived);
    await expect(context.deployJobs([defineJob('jobs.a')])).rejects.toMatchObject(archived);
    await expect(fixture.workspaces.update(context.workspaceId, { name: 'New' })).rejects.toMatchObject(
      archived,
    );
    await expect(context.createRun('jobs.a')).rejects.toMatchObject({
      ...archived,
      extra: { reasons: [expect.stringContaining('archived')] },
    });
    const { succeeded, skipped } = await context.trigger({ selectors: ['job'] });
    expect(succeeded).toEqual([]);
    expect(new Set(skipped.map(({ status }) => status))).toEqual(new Set(['skipped_workspace_archived']));
  });

  it('stays unchanged when archived again, and is restored with its jobs', async () => {
    const first = await archive();
    expect(await archive()).toEqual(first);
    const back = await unarchive();
    expect(back).toMatchObject({ archivedAt: null });
    expect(await unarchive()).toEqual(back);
    expect(await context.startRun('jobs.a')).toMatchObject({ status: 'pending' });
    expect(await context.deployJobs([defineJob('jobs.a')])).toMatchObject({ jobs: [{ outcome: 'updated' }] });
  });

  it('keeps no queued run, whatever starts while it is archived', async () => {
    await context.startRun('jobs.a');
    const starts = Array.from({ length: 6 }, () =>
      context.startRun('jobs.a').catch((error: unknown) => error),
    );
    await Promise.all([...starts, archive(), context.deployJobs([defineJob('jobs.c')]).catch(() => null)]);
    const runs = await context.listRuns('jobs.a');
    expect(runs.map(({ status }) => status)).toEqual(runs.map(() => 'cancelled'));
  });

  it('can only be an existing one', async () => {
    const nowhere = '00000000-0000-4000-8000-000000000000';
    await expect(fixture.workspaces.archive(nowhere)).rejects.toMatchObject({ code: 'not_found' });
    await expect(fixture.workspaces.unarchive(nowhere)).rejects.toMatchObject({ code: 'not_found' });
  });
});
