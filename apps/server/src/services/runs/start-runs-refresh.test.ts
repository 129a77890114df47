import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { fromNow } from '../../../../../testing/fixtures/relative-times.ts';
import { readJobRows } from '../../store/postgres/testing/jobs.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createWorkspaceFixture(fixture);
});

const hourly = 'schedule:0 * * * *';
const freshOn = (ref: string) => ({ freshness: [`job.is_fresh:${ref}`] });
const refsOf = (started: readonly { job: { jobRef: string } }[]) => started.map(({ job }) => job.jobRef);

describe('a refresh', () => {
  const cascade = [
    defineJob('jobs.a', { triggers: [hourly] }),
    defineJob('jobs.b', freshOn('jobs.a')),
    defineJob('jobs.c', freshOn('jobs.b')),
    defineJob('jobs.blocked', { ...freshOn('jobs.a'), refresh_propagation: 'block' }),
    defineJob('jobs.behind', freshOn('jobs.blocked')),
    defineJob('jobs.other'),
  ];
  const refs = cascade.map((definition) => definition.job_ref);
  beforeEach(async () => {
    await context.deployAll(cascade);
    for (const ref of refs) {
      await context.setJob(ref, {
        completedIntervalEnd: new Date('2026-03-10T12:00:00Z'),
        lastCompletedAt: new Date(),
      });
    }
  });

  async function readMarks() {
    const jobs = await Promise.all(refs.map((ref) => context.getJob(ref)));
    return Object.fromEntries(
      jobs.map((job) => {
        const kept = job.completedIntervalEnd !== null && job.lastCompletedAt !== null;
        return [
          job.jobRef.slice(5),
          `${kept ? 'kept' : 'forgotten'}${job.refreshPending ? ', pending' : ''}`,
        ];
      }),
    );
  }
  const untouched = { blocked: 'kept', behind: 'kept', other: 'kept' };

  it('ignores downstream completions while their own refresh is pending', async () => {
    const [a, c] = await Promise.all([context.getJob('jobs.a'), context.getJob('jobs.c')]);
    const before = await fixture.startRuns.createRun({
      workspaceId: context.workspaceId,
      membershipId: context.membershipId,
      jobId: c.id,
      trigger: 'manual:',
      profile: null,
      refresh: false,
      skipFreshness: true,
      mode: 'always',
    });
    await context.trigger({ jobIds: [a.id], refresh: true });
    await fixture.finishRun(before.run.id, { status: 'completed' }, { onlyFrom: ['pending'] });
    expect((await readMarks())['c']).toBe('forgotten, pending');
  });

  it('discards the completions of the job and of all that it reaches, once', async () => {
    const { id } = await context.getJob('jobs.a');
    const { succeeded } = await context.trigger({ jobIds: [id], refresh: true });
    const run = succeeded[0]?.run;
    expect(run).toMatchObject({ refresh: true, intervalStart: new Date('2026-03-10T11:00:00Z') });
    expect(await readMarks()).toEqual({
      ...untouched,
      a: 'forgotten',
      b: 'forgotten, pending',
      c: 'forgotten, pending',
    });
    if (run) await context.complete(run);
    const next = await context.startRun('jobs.b');
    expect(next.refresh).toBe(true);
    await context.complete(next);
    expect(await readMarks()).toEqual({
      ...untouched,
      a: 'kept',
      b: 'forgotten',
      c: 'forgotten, pending',
    });
    expect(await context.startRun('jobs.b')).toMatchObject({ refresh: false });
  });

  it('affects later decisions of the same call: a discarded upstream is not fresh', async () => {
    // The newest job comes first.
    await context.setJob('jobs.a', { createdAt: fromNow({ hours: 1 }) });
    const ids = await Promise.all(['jobs.a', 'jobs.c'].map(async (ref) => (await context.getJob(ref)).id));
    for (const dryRun of [true, false]) {
      const result = await context.trigger({ jobIds: ids, refresh: true, dryRun });
      expect(refsOf(result.succeeded)).toEqual(['jobs.a']);
      expect(result.skipped).toMatchObject([{ job: { jobRef: 'jobs.c' }, status: 'skipped_fresh' }]);
    }
  });

  it('is ignored with a warning by a job that blocks it', async () => {
    const { id } = await context.getJob('jobs.blocked');
    const { succeeded } = await context.trigger({ jobIds: [id], refresh: true });
    const reasons = ["--refresh ignored: job 'jobs.blocked' declares refresh_propagation=block"];
    expect(succeeded).toMatchObject([{ reasons, run: { refresh: false } }]);
    expect(await readMarks()).toEqual({ ...untouched, a: 'kept', b: 'kept', c: 'kept' });
  });

  it.each(['failed', 'cancelled'] as const)('whose run is %s stays pending for the next run', async (end) => {
    const run = await context.startRun('jobs.a', { refresh: true });
    const failure = { code: 'exit_code', detail: 'It failed.' } as const;
    await fixture.finishRun(
      run.id,
      end === 'failed' ? { status: 'failed', failure } : { status: 'cancelled' },
      {
        onlyFrom: ['pending'],
      },
    );
    expect((await readMarks())['a']).toBe('forgotten, pending');
    const next = await context.startRun('jobs.a');
    expect(next.refresh).toBe(true);
    await context.complete(next);
    expect(await context.getJob('jobs.a')).toMatchObject({ refreshPending: false });
    expect(await context.startRun('jobs.a')).toMatchObject({ refresh: false });
  });

  it('that a cascade left to a job which now blocks it is dropped by its next run, which counts', async () => {
    await context.setJob('jobs.blocked', { refreshPending: true, lastCompletedAt: null });
    const run = await context.startRun('jobs.blocked', { skipFreshness: true });
    expect(run.refresh).toBe(false);
    await context.complete(run);
    const { refreshPending, lastCompletedAt } = await context.getJob('jobs.blocked');
    expect(refreshPending).toBe(false);
    expect(lastCompletedAt).not.toBeNull();
  });

  it('that starts nothing discards nothing', async () => {
    await context.startRun('jobs.a');
    await expect(context.createRun('jobs.a', { refresh: true })).rejects.toMatchObject({
      code: 'start_declined',
    });
    expect(await readMarks()).toEqual({ ...untouched, a: 'kept', b: 'kept', c: 'kept' });
  });
});

describe('a run that started before a refresh', () => {
  it('does not count when it completes, even if the refresh did not wait for it', async () => {
    await context.deployAll([defineJob('jobs.wide', { triggers: [hourly], execute: { concurrency: 2 } })]);
    const before = await context.startRun('jobs.wide', { trigger: hourly });
    const refresh = await context.startRun('jobs.wide', { trigger: hourly, refresh: true });
    await context.complete(before);
    expect(await context.getJob('jobs.wide')).toMatchObject({
      completedIntervalEnd: null,
      lastCompletedAt: null,
    });
    await context.complete(refresh);
    const { completedIntervalEnd } = await context.getJob('jobs.wide');
    expect(completedIntervalEnd).toEqual(refresh.intervalEnd);
  });
});

describe('a failed refresh', () => {
  it('is not repeated if a later run has done it', async () => {
    await context.deployAll([defineJob('jobs.wide', { triggers: [hourly], execute: { concurrency: 2 } })]);
    const first = await context.startRun('jobs.wide', { trigger: hourly, refresh: true });
    const second = await context.startRun('jobs.wide', { trigger: hourly, refresh: true });
    await fixture.finishRun(first.id, { status: 'cancelled' }, { onlyFrom: ['pending'] });
    expect(await context.getJob('jobs.wide')).toMatchObject({ refreshPending: false });
    await context.complete(second);
    expect((await context.getJob('jobs.wide')).completedIntervalEnd).toEqual(second.intervalEnd);
  });
});

describe('a dry run', () => {
  it('reports what would happen and stores nothing', async () => {
    await context.deployAll([
      defineJob('jobs.a', { triggers: [hourly] }),
      defineJob('jobs.b', freshOn('jobs.a')),
    ]);
    await context.setJob('jobs.a', { completedIntervalEnd: new Date('2026-03-10T09:00:00Z') });
    const before = await readJobRows(fixture.database, context.workspaceId);
    const result = await context.trigger({ selectors: ['batch'], dryRun: true, refresh: true });
    expect(result.succeeded).toMatchObject([{ job: { jobRef: 'jobs.a' }, run: null, status: 'triggered' }]);
    expect(result.skipped).toMatchObject([{ job: { jobRef: 'jobs.b' }, status: 'skipped_upstream_pending' }]);
    expect(await context.listRuns('jobs.a')).toEqual([]);
    const after = await readJobRows(fixture.database, context.workspaceId);
    expect(after).toEqual(before);
    expect((await context.startRun('jobs.a')).number).toBe(1);
  });
});
