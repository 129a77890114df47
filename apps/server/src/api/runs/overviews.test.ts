import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import type { JobRunRecord } from '../../store/records.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { createReader, deployJobs, type DeployedJobs } from '../testing/deployed-jobs.ts';
import { readCapturedBody } from '../../../../../testing/fixtures/captured-bodies.ts';
import { setJob } from '../../store/postgres/testing/jobs.ts';
import { setAttempt } from '../../store/postgres/testing/attempts.ts';

let api: ApiFixture;
let owner: TestCaller;
let workspaceId: string;
let jobs: DeployedJobs;
let call: ReturnType<typeof createReader>;
const refs = { first: 'jobs.m.first', follower: 'jobs.m.follower' };

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  const context = await api.createWorkspaceFixture();
  owner = context.owner;
  workspaceId = context.workspace.id;
  jobs = await deployJobs(api, workspaceId, owner, [
    defineJob(refs.first, {
      triggers: ['schedule:0 6 * * *', 'tag:nightly'],
      expose: { display_name: 'First', category: 'pipeline' },
      deliver: { pipeline_name: 'declared' },
      description: 'Loads first',
    }),
    defineJob(refs.follower, { triggers: ['job.success:jobs.m.first'] }),
  ]);
  call = createReader(api, workspaceId, owner);
});

const start = (jobRef = refs.first) => jobs.start(jobRef);

const time = '2026-03-10T10:00:01Z';
const stderr = (text: string) =>
  text.split('\n').map((line) => ({ kind: 'log', at: time, io: 'stderr', text: line }));

/** Simulates a supervisor that starts the run, and an attempt that leaves these records. */
async function carryOut(run: JobRunRecord, records: readonly object[]): Promise<void> {
  const { id } = await api.createAttempt(run);
  await setAttempt(api.testDatabase.database, id, { begunBy: 'nonce', begunAt: new Date() });
  const spool = records.map((record, n) => `${JSON.stringify({ n, ...record })}\n`).join('');
  await api.services.recordSpool.record(id, 0, Buffer.from(spool));
}

const exit = (code: number) => ({ kind: 'exit', at: time, code, signal: null, reason: null });

async function fail(): Promise<JobRunRecord> {
  const run = await start();
  await carryOut(run, [...stderr(traceback), exit(1)]);
  return run;
}

async function complete(): Promise<JobRunRecord> {
  const run = await start();
  await carryOut(run, [exit(0)]);
  return run;
}

const traceback = `Traceback (most recent call last):
  File "/work/W/orders.py", line 7, in <module>
    load()
shop.PriceError: no price`;

describe('a run in a list', () => {
  it('shows its trigger, what it loaded and why it failed', async () => {
    const run = await start();
    const body = JSON.stringify(readCapturedBody('fail_extract/001-trace'));
    await carryOut(run, [...stderr('loading'), { kind: 'beacon', at: time, type: 'trace', body }, exit(1)]);
    const { items, total } = await call('list_run_overviews', 'job-runs');
    expect(total).toBe(1);
    expect(items[0]).toEqual({
      id: run.id,
      number: 1,
      job_id: jobs.idOf(refs.first),
      job_ref: 'jobs.m.first',
      job_name: 'First',
      job_type: 'batch',
      status: 'failed',
      trigger: 'manual:jobs.m.first',
      trigger_kind: 'manual',
      tick_at: null,
      triggered_by: { id: owner.membershipId, email: owner.principal.email },
      caused_by: null,
      profile: 'prod',
      refresh: false,
      interval_start: expect.anything() as string,
      interval_end: expect.anything() as string,
      created_at: run.createdAt.toISOString(),
      started_at: expect.any(String) as string,
      finished_at: expect.any(String) as string,
      duration_seconds: expect.any(Number) as number,
      attempt_count: 1,
      reason: {
        kind: 'pipeline',
        code: 'exit_code',
        title: 'RuntimeError',
        summary: 'RuntimeError: upstream API said no',
        exception_type: 'RuntimeError',
        message: 'upstream API said no',
        step: 'extract',
        pipeline_name: 'broken_pipeline',
        table: null,
        // The report belongs to another workspace.
        location: null,
      },
      skip: null,
      waiting: null,
      unknown: null,
      backfill: null,
      deployment: { id: run.deploymentId, version: 1 },
      configuration: { id: run.configurationId, version: 1 },
      loaded: {
        pipeline_run_count: 1,
        failed_pipeline_run_count: 1,
        rows: 0,
        bytes: 0,
        table_count: 0,
        schema_change: false,
        schema_changes: null,
      },
      pipeline_names: ['broken_pipeline'],
    });
    expect((await call('get_run_overview', `job-runs/${run.id}/overview`)).reason).toEqual(items[0]?.reason);
  });

  it('names the run that triggered it, its tick and its wait reason', async () => {
    const cause = await complete();
    const [follower] = (await call('list_run_overviews', `job-runs?job_id=${jobs.idOf(refs.follower)}`))
      .items;
    expect(follower).toMatchObject({
      trigger_kind: 'job.success',
      triggered_by: null,
      loaded: null,
      pipeline_names: [],
      caused_by: {
        job_run_id: cause.id,
        job_id: jobs.idOf(refs.first),
        job_ref: 'jobs.m.first',
        job_name: 'First',
        number: 1,
      },
    });
    await api.setRun(follower?.id ?? '', {
      tickAt: new Date('2026-03-10T06:15Z'),
      waitReason: 'It waits.',
      notBefore: new Date('2026-03-10T07:00Z'),
    });
    expect(await call('get_run_overview', `job-runs/${follower?.id}/overview`)).toMatchObject({
      tick_at: '2026-03-10T06:15:00.000Z',
      waiting: { reason: 'It waits.', until: '2026-03-10T07:00:00.000Z', behind: null },
    });
  });

  it('names the oldest active run that keeps it waiting', async () => {
    const states = [
      { status: 'running' },
      { status: 'running' },
      { status: 'pending', isQueued: true, waitReason: 'It waits.' },
      { status: 'pending', waitReason: 'No slot.' },
    ] as const;
    const runs: JobRunRecord[] = [];
    // The job has one run at a time.
    for (const _ of states) {
      const run = await start();
      await api.setRun(run.id, { status: 'completed' });
      runs.push(run);
    }
    const [oldest] = runs;
    for (const [number, state] of states.entries())
      await api.setRun(runs[number]?.id ?? '', {
        ...state,
        createdAt: new Date(Date.UTC(2026, 2, 10, 6, number)),
      });
    const { items } = await call('list_run_overviews', 'job-runs');
    expect(items.map(({ waiting: wait }) => wait)).toEqual([
      { reason: 'No slot.', until: null, behind: null },
      {
        reason: 'It waits.',
        until: null,
        behind: {
          job_run_id: oldest?.id,
          job_id: jobs.idOf(refs.first),
          job_ref: refs.first,
          job_name: 'First',
          number: 1,
        },
      },
      null,
      null,
    ]);
  });

  it('keeps the id of the starter after that member is removed', async () => {
    const run = await start();
    await api.setRun(run.id, { triggeredBy: workspaceId });
    const { items } = await call('list_run_overviews', 'job-runs');
    expect(items[0]?.triggered_by).toEqual({ id: workspaceId, email: null });
  });

  it('can be filtered by its own properties and by those of its job', async () => {
    const failed = await fail();
    const completed = await complete();
    const [follower] = (await call('list_run_overviews', 'job-runs?is_active=true')).items;
    const idsOf = async (query: string) =>
      new Set((await call('list_run_overviews', `job-runs?${query}`)).items.map(({ id }) => id));
    expect(await idsOf('')).toEqual(new Set([failed.id, completed.id, follower?.id]));
    expect(await idsOf('is_active=false')).toEqual(new Set([failed.id, completed.id]));
    expect(await idsOf('is_active=false&status=failed&status=pending')).toEqual(new Set([failed.id]));
    expect(await idsOf('is_active=true&status=failed')).toEqual(new Set());
    expect(await idsOf('tags=nightly')).toEqual(new Set([failed.id, completed.id]));
    expect(await idsOf('tags=none')).toEqual(new Set());
    expect(await idsOf('q=follower')).toEqual(new Set([follower?.id]));
    expect(await idsOf('pipeline_name=orders')).toEqual(new Set());
    const skip = {
      status: 'skipped_paused',
      reasons: ['paused'],
      count: 2,
      firstAt: '2026-03-10T06:15:00.000Z',
      lastAt: '2026-03-10T06:30:00.000Z',
    };
    await api.setRun(follower?.id ?? '', { status: 'skipped', skip });
    expect(await idsOf('include_skipped=false')).toEqual(new Set([failed.id, completed.id]));
    const [skipped] = (await call('list_run_overviews', 'job-runs?status=skipped')).items;
    expect(skipped?.skip).toEqual({ reasons: ['paused'], count: 2, last_at: '2026-03-10T06:30:00.000Z' });
  });

  it('is found by its version, among other runs of the same time', async () => {
    const first = await start();
    await api.finishRun(first.id, { status: 'cancelled' });
    await api.createPackages(workspaceId, owner.membershipId);
    const second = await start();
    for (const { id } of [first, second]) await api.setRun(id, { createdAt: new Date(time) });
    const [code, settings] = [
      (run: JobRunRecord) => `deployment_id=${run.deploymentId}`,
      (run: JobRunRecord) => `configuration_id=${run.configurationId}`,
    ];
    const window = 'start=2026-03-10T10:00:00Z&end=2026-03-10T10:00:02Z';
    const find = async (...parts: string[]) => {
      const { items, total } = await call('list_run_overviews', `job-runs?${parts.join('&')}`);
      expect(total).toBe(items.length);
      return items.map(({ id }) => id);
    };
    expect(new Set(await find(window))).toEqual(new Set([first.id, second.id]));
    for (const of of [code, settings]) {
      expect(await find(of(first))).toEqual([first.id]);
      expect(await find(of(second), window)).toEqual([second.id]);
      expect(await find(of(second), 'end=2026-03-10T10:00:01Z')).toEqual([]);
    }
    expect(await find(code(first), settings(first))).toEqual([first.id]);
    expect(await find(code(first), settings(second))).toEqual([]);
  });

  it.each(['job_id', 'deployment_id', 'configuration_id'])(
    'cannot be filtered by an invalid %s',
    async (key) => {
      const url = `/pumphouse/v1/workspaces/${workspaceId}/job-runs?${key}=v1`;
      const response = await api.app.inject({ url, headers: { authorization: `Bearer ${owner.key}` } });
      expect(response.statusCode).toBe(400);
      expect(response.json<{ extra: { key: string }[] }>().extra.map((each) => each.key)).toEqual([key]);
    },
  );

  it('shows its neighbours of the same job', async () => {
    const completed = await complete();
    const [second, third] = [await fail(), await fail()];
    const around = async ({ id }: JobRunRecord) => {
      const { previous, next, last_completed } = await call('get_run_overview', `job-runs/${id}/overview`);
      return { previous: previous?.number, next: next?.number, lastCompleted: last_completed?.job_run_id };
    };
    expect(await around(completed)).toEqual({ previous: undefined, next: 2, lastCompleted: undefined });
    expect(await around(second)).toEqual({ previous: 1, next: 3, lastCompleted: completed.id });
    expect(await around(third)).toEqual({ previous: 2, next: undefined, lastCompleted: completed.id });
  });
});

describe('a job in a list', () => {
  const firstJob = async () =>
    (await call('list_job_overviews', 'jobs?sort=name')).items.find(({ id }) => id === jobs.idOf(refs.first));

  it('shows its properties, its last run and its next start', async () => {
    await fail();
    const job = await firstJob();
    expect(job).toMatchObject({
      ref: 'jobs.m.first',
      name: 'First',
      category: 'pipeline',
      description: 'Loads first',
      tags: ['nightly'],
      pipeline_name: 'declared',
      pipeline_names: ['declared'],
      is_paused: false,
      is_archived: false,
      version: 1,
      next_start: { at: expect.stringMatching(/T06:00:00.000Z$/) as string, trigger: 'schedule:0 6 * * *' },
      last_run: { number: 1, status: 'failed', reason: { summary: 'PriceError: no price' } },
    });
    const [follower] = (await call('list_job_overviews', 'jobs?q=follower')).items;
    expect(follower).toMatchObject({
      name: 'jobs.m.follower',
      next_start: null,
      last_run: null,
      recent_runs: [],
      failing_since: null,
    });
  });

  it('shows its declared star and tags, including a single tag given as a string', async () => {
    await api.services.deploy({
      workspaceId,
      membershipId: owner.membershipId,
      jobs: [
        defineJob('jobs.m.zebra', { expose: { starred: true, tags: 'daily' } }),
        defineJob('jobs.m.alpha', { expose: { starred: false, tags: ['daily', 'shop'] } }),
      ],
      deploymentModule: null,
      dryRun: false,
    });
    const list = async (query: string) => (await call('list_job_overviews', `jobs?${query}`)).items;
    const starredFirst = 'sort=starred&order=desc&sort=name&order=asc';
    const listed = await list(starredFirst);
    expect(listed.map(({ ref }) => ref)).toEqual([
      'jobs.m.zebra',
      'jobs.m.first',
      'jobs.m.alpha',
      'jobs.m.follower',
    ]);
    expect(listed.map(({ is_starred: isStarred }) => isStarred)).toEqual([true, false, false, false]);
    const paged = await call('list_job_overviews', `jobs?${starredFirst}&limit=1`);
    const rest = await list(`${starredFirst}&limit=9&cursor=${encodeURIComponent(paged.next_cursor ?? '')}`);
    expect([...paged.items, ...rest].map(({ ref }) => ref)).toEqual(listed.map(({ ref }) => ref));
    expect((await list('is_starred=true')).map(({ ref }) => ref)).toEqual(['jobs.m.zebra']);
    const tagged = await list('tags=daily&sort=name&order=asc');
    expect(tagged.map(({ ref, tags }) => [ref, tags])).toEqual([
      ['jobs.m.alpha', ['daily', 'shop']],
      ['jobs.m.zebra', ['daily']],
    ]);
  });

  it('has no next start while it is paused', async () => {
    await api.services.switchJobs.pause({ workspaceId, jobId: jobs.idOf(refs.first) });
    expect((await firstJob())?.next_start).toBeNull();
    const sorted = await call('list_job_overviews', 'jobs?sort=next_start_at&order=asc&limit=1');
    expect(sorted.items).toHaveLength(1);
  });

  it('counts as failing since the first failure after its last completed run', async () => {
    expect((await firstJob())?.failing_since).toBeNull();
    await complete();
    const second = await fail();
    await fail();
    const failing = {
      job_run_id: second.id,
      number: 2,
      at: expect.any(String) as string,
      count: 2,
    };
    expect((await firstJob())?.failing_since).toEqual(failing);
    // Neither cancelled nor skipped runs count as an outcome.
    const cancelled = await start();
    await api.finishRun(cancelled.id, { status: 'cancelled' });
    expect((await firstJob())?.failing_since).toEqual(failing);
    await setJob(api.testDatabase.database, { id: jobs.idOf(refs.first) }, { failureCount: 12_345 });
    expect((await firstJob())?.failing_since?.count).toBe(100);
    await complete();
    expect((await firstJob())?.failing_since).toBeNull();
  });

  it('shows its last 20 runs, newest last', async () => {
    const runs: JobRunRecord[] = [];
    for (let count = 0; count < 22; count += 1) {
      const run = await start();
      await api.finishRun(run.id, { status: 'cancelled' });
      runs.push(run);
    }
    const job = await firstJob();
    expect(job?.recent_runs.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, n) => n + 3));
    expect(job?.recent_runs.at(-1)).toMatchObject({
      id: runs.at(-1)?.id,
      status: 'cancelled',
      duration_seconds: null,
      rows_loaded: null,
    });
  });
});

describe('the trend of a job', () => {
  it('contains its last finished runs, oldest first', async () => {
    const ended = [await complete(), await fail()];
    const body = JSON.stringify(readCapturedBody('ok/002-trace'));
    const loading = await start();
    await carryOut(loading, [{ kind: 'beacon', at: time, type: 'trace', body }, exit(0)]);
    await start();
    const { runs } = await call('get_job_trend', `jobs/${jobs.idOf(refs.first)}/trend`);
    expect(runs.map(({ id }) => id)).toEqual([...ended, loading].map(({ id }) => id));
    expect(runs[0]).toMatchObject({ status: 'completed', rows_loaded: null, bytes_loaded: null });
    expect(new Set(runs.map((run) => run.deployment_version))).toEqual(new Set([1]));
    expect(runs[2]?.rows_loaded).toBeGreaterThan(0);
    expect(runs[2]?.queued_seconds).toBeGreaterThanOrEqual(0);
    const last = await call('get_job_trend', `jobs/${jobs.idOf(refs.first)}/trend?limit=1`);
    expect(last.runs.map(({ number }) => number)).toEqual([3]);
  });
});

describe('the series of runs', () => {
  it('counts current and past runs', async () => {
    await complete();
    await fail();
    const series = await call('list_run_series', 'job-runs/-/series?timezone=Asia/Kathmandu');
    const counts = { completed: 1, failed: 1, cancelled: 0, skipped: 0, active: 1 };
    expect(series.total).toEqual(counts);
    expect(series.now).toEqual({ last_24_hours: counts, running: 0, pending: 1, jobs_failing: 1 });
    expect(series.buckets).toHaveLength(25);
    expect(series.buckets[0]?.start).toMatch(/:15:00.000Z$/);
    const { buckets } = await call('list_run_series', 'job-runs/-/series?bucket=day');
    expect(buckets).toHaveLength(31);
    expect(buckets.at(-1)).toMatchObject(counts);
    await api.services.switchJobs.archive({ workspaceId, jobId: jobs.idOf(refs.first) });
    expect((await call('list_run_series', 'job-runs/-/series')).now.jobs_failing).toBe(0);
  });

  it.each([
    ['start=2026-03-02T00:00:00Z&end=2026-03-01T00:00:00Z', 'must be before end'],
    ['start=2026-01-01T00:00:00Z&end=2026-03-01T00:00:00Z', 'must be at most 400 hours before end'],
    ['bucket=day&start=0001-01-01T00:00:00Z', 'must be at most 400 days before end'],
    ['timezone=Nowhere', 'is not a time zone'],
  ])('rejects an invalid window: %s', async (query, message) => {
    const url = `/pumphouse/v1/workspaces/${workspaceId}/job-runs/-/series?${query}`;
    const response = await api.app.inject({ url, headers: { authorization: `Bearer ${owner.key}` } });
    expect(response.statusCode).toBe(400);
    expect(response.json<{ detail: string }>().detail).toContain(message);
  });
});

describe('the counts of the list of runs', () => {
  const counts = (query = '') => call('count_run_overviews', `job-runs/-/counts?${query}`);
  const none = { pending: 0, running: 0, completed: 0, failed: 0, cancelled: 0, skipped: 0 };

  it('are by state, for the filters of the list', async () => {
    await complete();
    await fail();
    await start();
    // The completed and the pending run of the first job have started their followers or will.
    const all = await counts();
    expect(all.total).toMatchObject({ completed: 1, failed: 1 });
    expect(all.counted_from).toBeNull();
    const { total } = await call('list_run_overviews', 'job-runs');
    expect(Object.values(all.total).reduce((sum, each) => sum + each, 0)).toBe(total);
    expect((await counts(`job_id=${jobs.idOf(refs.first)}`)).total).toEqual({
      ...none,
      completed: 1,
      failed: 1,
      pending: 1,
    });
    expect((await counts('q=nothing')).total).toEqual(none);
    expect((await counts('trigger_kind=schedule')).total).toEqual(none);
  });

  it('are of the requested range, in buckets of a round length', async () => {
    await complete();
    const day = await counts('start=2020-01-01T00:00:00Z&end=2020-01-02T00:00:00Z&buckets=24');
    expect(day.total).toEqual(none);
    expect(day.bucket_seconds).toBe(7200);
    expect(day.buckets).toHaveLength(12);
    expect(day.buckets[0]).toMatchObject({ start: day.start, end: '2020-01-01T02:00:00.000Z' });
  });

  it('of a workspace without runs are of the last day', async () => {
    const { start: startAt, end, total } = await counts();
    expect(Date.parse(end) - Date.parse(startAt)).toBe(86_400_000);
    expect(total).toEqual(none);
  });

  it.each([
    ['start=2026-03-02T00:00:00Z&end=2026-03-01T00:00:00Z', 'must be before end'],
    ['timezone=Nowhere', 'is not a time zone'],
    ['buckets=121', 'buckets'],
  ])('reject an invalid query: %s', async (query, message) => {
    const url = `/pumphouse/v1/workspaces/${workspaceId}/job-runs/-/counts?${query}`;
    const response = await api.app.inject({ url, headers: { authorization: `Bearer ${owner.key}` } });
    expect(response.statusCode).toBe(400);
    expect(response.body).toContain(message);
  });
});
