import type { NextStart } from './read-next-starts.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createWorkspaceFixture, defineJob, unlockedRequirements } from '../testing/workspace-fixture.ts';
import { createReadNextStarts } from './read-next-starts.ts';
import { createServiceFixture, noon } from '../testing/service-fixture.ts';
import { fromNow } from '../../../../../testing/fixtures/relative-times.ts';
import { removeSchedules } from '../../store/postgres/testing/jobs.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  fixture.clock.now = noon;
  context = await createWorkspaceFixture(fixture);
});

const hourly = { triggers: ['schedule:0 * * * *'] };
const queueing = { 'config.toml': '[pumphouse]\non_limit = "queue"\n' };

async function read(limit = 50) {
  const readNextStarts = createReadNextStarts(fixture.persistence, async () => fixture.clock.now);
  return readNextStarts(context.workspaceId, limit);
}

const describeStart = ({ source, job, at, blocked }: NextStart) =>
  [source, job.jobRef, at?.toISOString() ?? 'waits', blocked?.code ?? 'free'].join(' ');
const describeAll = async (limit?: number) => (await read(limit)).items.map(describeStart);

describe('the next starts', () => {
  it('are empty in a workspace without jobs on a clock', async () => {
    await context.deployAll([defineJob('jobs.plain')]);
    expect(await read()).toEqual({ items: [], isTruncated: false });
  });

  it("are the clock's ticks in order of time, of this workspace only", async () => {
    const other = await createWorkspaceFixture(fixture);
    await other.deployAll([defineJob('jobs.elsewhere', hourly)]);
    await context.deployAll([
      defineJob('jobs.daily', { triggers: ['schedule:0 6 * * *'] }),
      defineJob('jobs.hourly', hourly),
      defineJob('jobs.every', { triggers: ['every:10m'] }),
      defineJob('jobs.once', { triggers: ['once:2026-03-12T00:00:00Z'] }),
    ]);
    expect(await describeAll()).toEqual([
      'tick jobs.every 2026-03-10T12:40:00.000Z free',
      'tick jobs.hourly 2026-03-10T13:00:00.000Z free',
      'tick jobs.daily 2026-03-11T06:00:00.000Z free',
      'tick jobs.once 2026-03-12T00:00:00.000Z free',
    ]);
    expect(await describeAll(2)).toHaveLength(2);
    expect((await read(2)).isTruncated).toBe(true);
    expect((await read(4)).isTruncated).toBe(false);
  });

  it('mark paused ones, and those with a stale upstream, with its id', async () => {
    await context.deployAll([
      defineJob('jobs.up', hourly),
      defineJob('jobs.down', { ...hourly, freshness: ['job.is_fresh:jobs.up'] }),
      defineJob('jobs.orphan', { triggers: ['schedule:30 * * * *'], freshness: ['job.is_fresh:jobs.down'] }),
    ]);
    await context.setJob('jobs.up', { isPaused: true });
    const blocks = new Map((await read()).items.map(({ job, blocked }) => [job.jobRef, blocked]));
    expect(blocks.get('jobs.up')).toMatchObject({ code: 'paused', mayPass: false, by: null });
    const up = await context.getJob('jobs.up');
    expect(blocks.get('jobs.down')).toMatchObject({
      code: 'upstream_stale',
      mayPass: true,
      by: { jobId: up.id, ref: 'jobs.up' },
    });
    await context.complete(await context.startRun('jobs.up', { trigger: hourly.triggers[0] ?? '' }));
    expect((await read()).items.find(({ job }) => job.jobRef === 'jobs.down')?.blocked).toBe(null);
  });

  it('list queued runs first, with their reasons', async () => {
    await context.deployAll([defineJob('jobs.a', hourly)]);
    await context.uploadConfiguration(queueing);
    const active = await context.startRun('jobs.a');
    await context.setRun(active.id, { status: 'running', startedAt: new Date() });
    const waiting = await context.startRun('jobs.a');
    expect(waiting.isQueued).toBe(true);
    const { items } = await read();
    expect(items.map(describeStart)).toEqual([
      'queue jobs.a waits concurrency_limit',
      'tick jobs.a 2026-03-10T13:00:00.000Z concurrency_limit',
    ]);
    expect(items[0]?.run?.id).toBe(waiting.id);
    expect(items[0]?.blocked?.mayPass).toBe(true);
  });

  it('include an unclaimed run, and one that waits for the local data lock', async () => {
    await context.deployAll([defineJob('jobs.a'), defineJob('jobs.b')], unlockedRequirements);
    const [first] = [await context.startRun('jobs.a'), await context.startRun('jobs.b')];
    expect(await describeAll()).toEqual(['pending jobs.a waits free', 'pending jobs.b waits free']);
    await context.setRun(first.id, { status: 'running', startedAt: new Date() });
    const { items } = await read();
    expect(items.map(describeStart)).toEqual(['pending jobs.b waits local_data_in_use']);
    expect(items[0]?.blocked?.by).toEqual({ jobId: first.jobId, ref: 'jobs.a' });
  });

  it('include a run at the time of its retry', async () => {
    await context.deployAll([defineJob('jobs.a')]);
    const run = await context.startRun('jobs.a');
    await context.setRun(run.id, { notBefore: fromNow({ hours: 1 }), waitReason: 'Attempt 1 failed.' });
    const { items } = await read();
    expect(items).toMatchObject([{ source: 'retry', run: { id: run.id }, blocked: null }]);
    expect(items[0]?.at?.getTime()).toBeGreaterThan(run.createdAt.getTime() + 3_000_000);
  });

  it('include deferred starts, which wait for their upstreams', async () => {
    await context.deployAll([
      defineJob('jobs.a'),
      defineJob('jobs.b', { freshness: ['job.is_fresh:jobs.a'] }),
    ]);
    const [a, b] = [await context.getJob('jobs.a'), await context.getJob('jobs.b')];
    await context.trigger({ jobIds: [a.id, b.id] });
    const { items } = await read();
    expect(items.map(describeStart)).toEqual([
      'pending jobs.a waits free',
      'promise jobs.b waits upstream_pending',
    ]);
    expect(items[1]?.blocked).toMatchObject({ mayPass: true, by: { jobId: a.id, ref: 'jobs.a' } });
  });

  it('report what is missing before anything can start', async () => {
    await context.uploadDeployment();
    await context.deployJobs([defineJob('jobs.a', hourly)]);
    expect((await read()).items[0]?.blocked).toMatchObject({ code: 'no_configuration', mayPass: false });
  });

  it('report that the minutes of the month are used up', async () => {
    await context.deployAll([defineJob('jobs.a', hourly)]);
    const limits = { concurrentRuns: null, minutesAMonth: 0 };
    await fixture.store.organizationLimits.set(context.organizationId, limits);
    expect((await read()).items[0]?.blocked).toMatchObject({ code: 'minutes_limit', mayPass: false });
  });

  it('show for each job whether its last ended run failed', async () => {
    await context.deployAll([defineJob('jobs.a', hourly), defineJob('jobs.b', hourly)]);
    const fail = async () => {
      const run = await context.startRun('jobs.a');
      await context.setRun(run.id, { status: 'running' });
      await fixture.finishRun(run.id, { status: 'failed', failure: { code: 'exit_code', detail: 'x' } });
    };
    const lastFailed = async () =>
      Object.fromEntries((await read()).items.map((start) => [start.job.jobRef, start.lastFailed]));
    await fail();
    expect(await lastFailed()).toEqual({ 'jobs.a': true, 'jobs.b': false });
    await context.complete(await context.startRun('jobs.a'));
    expect(await lastFailed()).toEqual({ 'jobs.a': false, 'jobs.b': false });
  });

  it('give half of a short list to waiting starts, and all of it if none has a time', async () => {
    const many = { execute: { concurrency: null } };
    await context.deployAll([
      defineJob('jobs.many', many),
      ...[1, 2, 3, 4].map((n) => defineJob(`jobs.timed${n}`, hourly)),
    ]);
    for (let count = 0; count < 5; count += 1) await context.startRun('jobs.many');
    const sources = async (limit: number) => (await read(limit)).items.map(({ source }) => source);
    expect(await sources(4)).toEqual(['pending', 'pending', 'tick', 'tick']);
    expect(await sources(8)).toEqual([...Array<string>(4).fill('pending'), ...Array<string>(4).fill('tick')]);
    expect(await sources(9)).toEqual([...Array<string>(5).fill('pending'), ...Array<string>(4).fill('tick')]);
    await removeSchedules(fixture.database);
    expect(await sources(4)).toEqual(Array<string>(4).fill('pending'));
  });

  it('do not block callers that start runs', async () => {
    await context.deployAll([defineJob('jobs.a', { ...hourly, refresh_propagation: 'always' })]);
    const { id } = await context.getJob('jobs.a');
    await fixture.persistence.transaction(async (store) => {
      await store.jobs.lock([id]);
      expect(await describeAll()).toHaveLength(1);
    });
  });
});
