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
});

const owner = { deploymentModule: 'workspace_a' };
const unlimited = { execute: { concurrency: null } };
const daily = { triggers: ['schedule:0 6 * * *'] };

async function jobScope(jobRef: string) {
  return { workspaceId: context.workspaceId, jobId: (await context.getJob(jobRef)).id };
}

const archive = async (jobRef: string) => fixture.switchJobs.archive(await jobScope(jobRef));
const unarchive = async (jobRef: string) => fixture.switchJobs.unarchive(await jobScope(jobRef));
const pause = async (jobRef: string) => fixture.switchJobs.pause(await jobScope(jobRef));
const resume = async (jobRef: string) => fixture.switchJobs.resume(await jobScope(jobRef));

describe('an archived job', () => {
  beforeEach(async () => {
    await context.deployAll([]);
    await context.deployJobs([defineJob('jobs.a', unlimited), defineJob('jobs.b')], owner);
  });

  it('loses its queued runs, keeps started ones, and starts no more', async () => {
    const waiting = await context.startRun('jobs.a');
    const { run: running } = await context.createAttempt(await context.startRun('jobs.a'));
    const other = await context.startRun('jobs.b');
    expect(await archive('jobs.a')).toMatchObject({ isArchived: true, version: 1 });
    expect(await context.getRun(waiting.id)).toMatchObject({ status: 'cancelled' });
    expect(await context.listEvents(waiting.id)).toEqual(['job_run.created', 'job_run.finished']);
    expect(await context.getRun(running.id)).toMatchObject({ status: 'running' });
    expect(await context.getRun(other.id)).toMatchObject({ status: 'pending' });
    await expect(context.startRun('jobs.a')).rejects.toMatchObject({ code: 'job_archived' });
    await context.complete(running);
    expect(await context.getRun(running.id)).toMatchObject({ status: 'completed' });
  });

  it('stays unchanged when archived again', async () => {
    const first = await archive('jobs.a');
    expect(await archive('jobs.a')).toEqual(first);
  });

  it('is restored unchanged', async () => {
    const before = await context.getJob('jobs.a');
    await archive('jobs.a');
    const back = await unarchive('jobs.a');
    expect(back).toEqual({ ...before, updatedAt: back.updatedAt });
    expect(await unarchive('jobs.a')).toEqual(back);
    expect(await context.startRun('jobs.a')).toMatchObject({ status: 'pending' });
  });

  it('is restored by a deploy that contains it, and not by one of another job', async () => {
    await archive('jobs.a');
    await context.deployJobs([defineJob('jobs.b')]);
    expect(await context.getJob('jobs.a')).toMatchObject({ isArchived: true });
    await context.deployJobs([defineJob('jobs.a', unlimited), defineJob('jobs.b')], owner);
    expect(await context.getJob('jobs.a')).toMatchObject({ isArchived: false });
  });

  it('may be restored without being in the newest code, until the next deploy of its module', async () => {
    await context.deployJobs([defineJob('jobs.b')], owner);
    expect(await unarchive('jobs.a')).toMatchObject({ isArchived: false });
    expect(await context.startRun('jobs.a')).toMatchObject({ status: 'pending' });
    await context.deployJobs([defineJob('jobs.b')], owner);
    expect(await context.getJob('jobs.a')).toMatchObject({ isArchived: true });
  });

  it('also loses its queued runs to a deploy, but not to a dry run', async () => {
    const waiting = await context.startRun('jobs.a');
    await context.deployJobs([defineJob('jobs.b')], { ...owner, dryRun: true });
    expect(await context.getRun(waiting.id)).toMatchObject({ status: 'pending' });
    await context.deployJobs([defineJob('jobs.b')], owner);
    expect(await context.getRun(waiting.id)).toMatchObject({ status: 'cancelled' });
  });

  it('keeps no queued run, however many calls start, cancel and archive concurrently', async () => {
    const earlier = await Promise.all(Array.from({ length: 4 }, () => context.startRun('jobs.a')));
    const calls = earlier.flatMap((run) => [
      context.startRun('jobs.a').catch((error: unknown) => error),
      fixture.cancelRuns.cancelMany(context.workspaceId, [run.id]),
      archive('jobs.a'),
    ]);
    await Promise.all(calls);
    const runs = await context.listRuns('jobs.a');
    expect(runs.map(({ status }) => status)).toEqual(runs.map(() => 'cancelled'));
    for (const { id } of runs)
      expect(await context.listEvents(id)).toEqual(['job_run.created', 'job_run.finished']);
  });
});

describe('a paused job', () => {
  it.each([['schedule:0 6 * * *'], ['every:15m'], ['once:2099-01-01T00:00:00Z']])(
    'keeps its trigger %s',
    async (trigger) => {
      await context.deployJobs([defineJob('jobs.a', { triggers: [trigger] })]);
      const paused = await pause('jobs.a');
      expect(paused).toMatchObject({
        isPaused: true,
        triggers: expect.arrayContaining([trigger]) as string[],
      });
      expect(await pause('jobs.a')).toEqual(paused);
      const resumed = await resume('jobs.a');
      expect(resumed).toMatchObject({ isPaused: false });
      expect(await resume('jobs.a')).toEqual(resumed);
    },
  );

  it.each([[[]], [['webhook:x', 'job.success:jobs.b']]])('cannot have the triggers %j', async (triggers) => {
    await context.deployJobs([defineJob('jobs.a', { triggers }), defineJob('jobs.b')]);
    const refusal = { code: 'job_not_pausable', message: expect.stringContaining('no schedule') as string };
    await expect(pause('jobs.a')).rejects.toMatchObject(refusal);
    await expect(resume('jobs.a')).rejects.toMatchObject(refusal);
  });

  it('cannot be archived, and archiving ends a pause', async () => {
    await context.deployJobs([defineJob('jobs.a', daily)]);
    await pause('jobs.a');
    expect(await archive('jobs.a')).toMatchObject({ isPaused: false });
    const refusal = { code: 'job_not_pausable', message: expect.stringContaining('archived') as string };
    await expect(pause('jobs.a')).rejects.toMatchObject(refusal);
    expect(await unarchive('jobs.a')).toMatchObject({ isPaused: false });
  });

  it('is started by users and by the runs that it follows', async () => {
    await context.deployAll([
      defineJob('jobs.up'),
      defineJob('jobs.a', { ...unlimited, triggers: [...daily.triggers, 'job.success:jobs.up'] }),
    ]);
    await pause('jobs.a');
    const { id } = await context.getJob('jobs.a');
    expect((await context.trigger({ jobIds: [id] })).succeeded).toMatchObject([{ status: 'triggered' }]);
    expect(await context.startRun('jobs.a')).toMatchObject({ triggerKind: 'manual' });
    await context.complete(await context.startRun('jobs.up'));
    const kinds = (await context.listRuns('jobs.a')).map(({ triggerKind }) => triggerKind);
    expect(kinds).toEqual(['schedule', 'manual', 'job.success']);
  });

  it('stays paused through a deploy that keeps a schedule, and not through one that removes it', async () => {
    await context.deployJobs([defineJob('jobs.a', daily)]);
    await pause('jobs.a');
    await context.deployJobs([defineJob('jobs.a', { triggers: ['every:1h'] })]);
    expect(await context.getJob('jobs.a')).toMatchObject({ isPaused: true, version: 2 });
    await context.deployJobs([defineJob('jobs.a', { triggers: ['once:2099-01-01T00:00:00Z'] })]);
    expect(await context.getJob('jobs.a')).toMatchObject({ isPaused: true });
    await context.deployJobs([defineJob('jobs.a')]);
    expect(await context.getJob('jobs.a')).toMatchObject({ isPaused: false });
    await context.deployJobs([defineJob('jobs.a', daily)]);
    expect(await context.getJob('jobs.a')).toMatchObject({ isPaused: false });
  });
});

describe('archiving and pausing', () => {
  const switches = ['archive', 'unarchive', 'pause', 'resume'] as const;

  it.each(switches)('%s finds no job of another workspace', async (name) => {
    await context.deployJobs([defineJob('jobs.a', daily)]);
    const elsewhere = await createWorkspaceFixture(fixture);
    const { jobId } = await jobScope('jobs.a');
    const call = fixture.switchJobs[name]({ workspaceId: elsewhere.workspaceId, jobId });
    await expect(call).rejects.toMatchObject({ code: 'not_found' });
    expect(await context.getJob('jobs.a')).toMatchObject({ isArchived: false, isPaused: false });
  });

  it.each(switches)('%s changes nothing in an archived workspace', async (name) => {
    await context.deployJobs([defineJob('jobs.a', daily)]);
    await fixture.workspaces.archive(context.workspaceId);
    const before = await context.getJob('jobs.a');
    const call = fixture.switchJobs[name](await jobScope('jobs.a'));
    await expect(call).rejects.toMatchObject({ code: 'workspace_archived' });
    expect(await context.getJob('jobs.a')).toEqual(before);
  });
});
