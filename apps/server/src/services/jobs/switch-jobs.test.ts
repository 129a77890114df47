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
});

const owner = { deploymentModule: 'workspace_a' };
const unlimited = { execute: { concurrency: null } };
const daily = { triggers: ['schedule:0 6 * * *'] };

async function jobPlace(jobRef: string) {
  return { workspaceId: place.workspaceId, jobId: (await place.getJob(jobRef)).id };
}

const archive = async (jobRef: string) => fixture.switchJobs.archive(await jobPlace(jobRef));
const unarchive = async (jobRef: string) => fixture.switchJobs.unarchive(await jobPlace(jobRef));
const pause = async (jobRef: string) => fixture.switchJobs.pause(await jobPlace(jobRef));
const resume = async (jobRef: string) => fixture.switchJobs.resume(await jobPlace(jobRef));

describe('an archived job', () => {
  beforeEach(async () => {
    await place.deployAll([]);
    await place.deployJobs([defineJob('jobs.a', unlimited), defineJob('jobs.b')], owner);
  });

  it('loses its queued runs, keeps started ones, and starts no more', async () => {
    const waiting = await place.startRun('jobs.a');
    const { run: running } = await place.createAttempt(await place.startRun('jobs.a'));
    const other = await place.startRun('jobs.b');
    expect(await archive('jobs.a')).toMatchObject({ isArchived: true, version: 1 });
    expect(await place.getRun(waiting.id)).toMatchObject({ status: 'cancelled' });
    expect(await place.listEvents(waiting.id)).toEqual(['job_run.created', 'job_run.finished']);
    expect(await place.getRun(running.id)).toMatchObject({ status: 'running' });
    expect(await place.getRun(other.id)).toMatchObject({ status: 'pending' });
    await expect(place.startRun('jobs.a')).rejects.toMatchObject({ code: 'job_archived' });
    await place.complete(running);
    expect(await place.getRun(running.id)).toMatchObject({ status: 'completed' });
  });

  it('stays unchanged when archived again', async () => {
    const first = await archive('jobs.a');
    expect(await archive('jobs.a')).toEqual(first);
  });

  it('is restored unchanged', async () => {
    const before = await place.getJob('jobs.a');
    await archive('jobs.a');
    const back = await unarchive('jobs.a');
    expect(back).toEqual({ ...before, updatedAt: back.updatedAt });
    expect(await unarchive('jobs.a')).toEqual(back);
    expect(await place.startRun('jobs.a')).toMatchObject({ status: 'pending' });
  });

  it('is restored by a deploy that contains it, and not by one of another job', async () => {
    await archive('jobs.a');
    await place.deployJobs([defineJob('jobs.b')]);
    expect(await place.getJob('jobs.a')).toMatchObject({ isArchived: true });
    await place.deployJobs([defineJob('jobs.a', unlimited), defineJob('jobs.b')], owner);
    expect(await place.getJob('jobs.a')).toMatchObject({ isArchived: false });
  });

  it('may be restored without being in the newest code, until the next deploy of its module', async () => {
    await place.deployJobs([defineJob('jobs.b')], owner);
    expect(await unarchive('jobs.a')).toMatchObject({ isArchived: false });
    expect(await place.startRun('jobs.a')).toMatchObject({ status: 'pending' });
    await place.deployJobs([defineJob('jobs.b')], owner);
    expect(await place.getJob('jobs.a')).toMatchObject({ isArchived: true });
  });

  it('also loses its queued runs to a deploy, but not to a dry run', async () => {
    const waiting = await place.startRun('jobs.a');
    await place.deployJobs([defineJob('jobs.b')], { ...owner, dryRun: true });
    expect(await place.getRun(waiting.id)).toMatchObject({ status: 'pending' });
    await place.deployJobs([defineJob('jobs.b')], owner);
    expect(await place.getRun(waiting.id)).toMatchObject({ status: 'cancelled' });
  });

  it('keeps no queued run, however many calls start, cancel and archive concurrently', async () => {
    const earlier = await Promise.all(Array.from({ length: 4 }, () => place.startRun('jobs.a')));
    const calls = earlier.flatMap((run) => [
      place.startRun('jobs.a').catch((error: unknown) => error),
      fixture.cancelRuns.cancelMany(place.workspaceId, [run.id]),
      archive('jobs.a'),
    ]);
    await Promise.all(calls);
    const runs = await place.listRuns('jobs.a');
    expect(runs.map(({ status }) => status)).toEqual(runs.map(() => 'cancelled'));
    for (const { id } of runs)
      expect(await place.listEvents(id)).toEqual(['job_run.created', 'job_run.finished']);
  });
});

describe('a paused job', () => {
  it.each([['schedule:0 6 * * *'], ['every:15m'], ['once:2099-01-01T00:00:00Z']])(
    'keeps its trigger %s',
    async (trigger) => {
      await place.deployJobs([defineJob('jobs.a', { triggers: [trigger] })]);
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
    await place.deployJobs([defineJob('jobs.a', { triggers }), defineJob('jobs.b')]);
    const refusal = { code: 'job_not_pausable', message: expect.stringContaining('no schedule') as string };
    await expect(pause('jobs.a')).rejects.toMatchObject(refusal);
    await expect(resume('jobs.a')).rejects.toMatchObject(refusal);
  });

  it('cannot be archived, and archiving ends a pause', async () => {
    await place.deployJobs([defineJob('jobs.a', daily)]);
    await pause('jobs.a');
    expect(await archive('jobs.a')).toMatchObject({ isPaused: false });
    const refusal = { code: 'job_not_pausable', message: expect.stringContaining('archived') as string };
    await expect(pause('jobs.a')).rejects.toMatchObject(refusal);
    expect(await unarchive('jobs.a')).toMatchObject({ isPaused: false });
  });

  it('is started by users and by the runs that it follows', async () => {
    await place.deployAll([
      defineJob('jobs.up'),
      defineJob('jobs.a', { ...unlimited, triggers: [...daily.triggers, 'job.success:jobs.up'] }),
    ]);
    await pause('jobs.a');
    const { id } = await place.getJob('jobs.a');
    expect((await place.trigger({ jobIds: [id] })).succeeded).toMatchObject([{ status: 'triggered' }]);
    expect(await place.startRun('jobs.a')).toMatchObject({ triggerKind: 'manual' });
    await place.complete(await place.startRun('jobs.up'));
    const kinds = (await place.listRuns('jobs.a')).map(({ triggerKind }) => triggerKind);
    expect(kinds).toEqual(['schedule', 'manual', 'job.success']);
  });

  it('stays paused through a deploy that keeps a schedule, and not through one that removes it', async () => {
    await place.deployJobs([defineJob('jobs.a', daily)]);
    await pause('jobs.a');
    await place.deployJobs([defineJob('jobs.a', { triggers: ['every:1h'] })]);
    expect(await place.getJob('jobs.a')).toMatchObject({ isPaused: true, version: 2 });
    await place.deployJobs([defineJob('jobs.a', { triggers: ['once:2099-01-01T00:00:00Z'] })]);
    expect(await place.getJob('jobs.a')).toMatchObject({ isPaused: true });
    await place.deployJobs([defineJob('jobs.a')]);
    expect(await place.getJob('jobs.a')).toMatchObject({ isPaused: false });
    await place.deployJobs([defineJob('jobs.a', daily)]);
    expect(await place.getJob('jobs.a')).toMatchObject({ isPaused: false });
  });
});

describe('archiving and pausing', () => {
  const switches = ['archive', 'unarchive', 'pause', 'resume'] as const;

  it.each(switches)('%s finds no job of another workspace', async (name) => {
    await place.deployJobs([defineJob('jobs.a', daily)]);
    const elsewhere = await createPlace(fixture);
    const { jobId } = await jobPlace('jobs.a');
    const call = fixture.switchJobs[name]({ workspaceId: elsewhere.workspaceId, jobId });
    await expect(call).rejects.toMatchObject({ code: 'not_found' });
    expect(await place.getJob('jobs.a')).toMatchObject({ isArchived: false, isPaused: false });
  });

  it.each(switches)('%s changes nothing in an archived workspace', async (name) => {
    await place.deployJobs([defineJob('jobs.a', daily)]);
    await fixture.workspaces.archive(place.workspaceId);
    const before = await place.getJob('jobs.a');
    const call = fixture.switchJobs[name](await jobPlace('jobs.a'));
    await expect(call).rejects.toMatchObject({ code: 'workspace_archived' });
    expect(await place.getJob('jobs.a')).toEqual(before);
  });
});
