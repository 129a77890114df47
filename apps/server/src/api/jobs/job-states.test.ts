import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import type { RunOutcome } from '../../domain/runs/run-outcome.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { createReader, deployJobs, type DeployedJobs } from '../testing/deployed-jobs.ts';
import { readAnswer } from '../testing/check-answer.ts';

let api: ApiFixture;
let owner: TestCaller;
let workspaceId: string;
let jobs: DeployedJobs;
let call: ReturnType<typeof createReader>;

const ref = 'jobs.m.load';
const trigger = 'schedule:0 * * * *';

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  const context = await api.createWorkspaceFixture();
  owner = context.owner;
  workspaceId = context.workspace.id;
  jobs = await deployJobs(api, workspaceId, owner, [
    defineJob(ref, { triggers: [trigger] }),
    defineJob('jobs.m.after', { triggers: [`job.success:${ref}`] }),
  ]);
  call = createReader(api, workspaceId, owner);
});

const jobId = () => jobs.idOf(ref);
const outOfMemory = {
  status: 'failed',
  failure: { code: 'out_of_memory', detail: 'It used more than 2 GB.' },
} as const;

const begin = (id: string, status: 'running' | 'cancelling' = 'running') =>
  api.setRun(id, { status, startedAt: new Date() });

async function end(outcome: RunOutcome): Promise<string> {
  const run = await jobs.start(ref);
  await begin(run.id, outcome.status === 'cancelled' ? 'cancelling' : 'running');
  await api.finishRun(run.id, outcome);
  return run.id;
}

/** A tick of the paused job: it is skipped. */
async function skipTick(): Promise<void> {
  await api.services.switchJobs.pause({ workspaceId, jobId: jobId() });
  const at = new Date(Date.now() - 1000);
  await api.persistence.store.schedules.advance([
    { jobId: jobId(), trigger, previousTickAt: at, nextTickAt: at },
  ]);
  await api.startRuns.startTick({ jobId: jobId(), trigger });
  const [newest] = await api.persistence.store.jobRuns.recentOfJobs([jobId()], 1);
  expect(newest?.status).toBe('skipped');
}

async function listWith(query: string): Promise<string[]> {
  return (await call('list_job_overviews', `jobs?${query}`)).items.map((job) => job.ref);
}

async function readCounts(): Promise<number[]> {
  const headers = { authorization: `Bearer ${owner.key}` };
  const health = await api.app.inject({ url: '/pumphouse/v1/account/workspaces', headers });
  const series = await call('list_run_series', 'job-runs/-/series?timezone=UTC&bucket=hour');
  return [
    series.now.jobs_failing,
    ...readAnswer('list_workspace_health', health).items.map((each) => each.failing_job_count),
  ];
}

/** What each list says about the job. */
async function readStates() {
  const [overview] = (await call('list_job_overviews', 'jobs?q=m.load')).items;
  const graph = await call('get_job_graph', 'job-graph');
  const lineage = await call('get_lineage', 'lineage');
  const url = `/api/v1/workspaces/${workspaceId}/jobs/${jobId()}`;
  const answer = await api.app.inject({ url, headers: { authorization: `Bearer ${owner.key}` } });
  const node = lineage.nodes.find((each) => each.job?.ref === ref);
  return {
    overview,
    graph: graph.nodes.find((each) => each.ref === ref)?.last_status,
    lineage: [node?.is_failing, node?.job?.last_run?.status],
    latest: readAnswer('get_job', answer).latest_job_run?.status,
  };
}

describe.each([
  ['a failure', [outOfMemory], 'failed', 'failed'],
  ['a failure and a cancelled run', [outOfMemory, { status: 'cancelled' }], 'failed', 'cancelled'],
  ['a success after a failure', [outOfMemory, { status: 'completed' }], 'completed', 'completed'],
  ['a cancelled run', [{ status: 'cancelled' }], 'cancelled', 'cancelled'],
] satisfies [string, RunOutcome[], string, string][])(
  'the state of a job after %s and a skipped tick',
  (_name, outcomes, state, last) => {
    it('is the same in each list, and agrees with the counts', async () => {
      for (const outcome of outcomes) await end(outcome);
      await skipTick();
      const isFailing = state === 'failed';
      const found = await readStates();
      expect(found).toMatchObject({
        overview: { state, last_run: { status: last }, last_skipped_run: { status: 'skipped' } },
        graph: state,
        lineage: [isFailing, last],
        latest: last,
      });
      expect(await listWith('status=failed')).toEqual(isFailing ? [ref] : []);
      expect(await readCounts()).toEqual(isFailing ? [1, 1] : [0, 0]);
      expect(await listWith(`status=${state}`)).toEqual([ref]);
      expect(await listWith('status=skipped')).toEqual([ref]);
      expect(found.overview?.paused_at).not.toBeNull();
      expect(found.overview?.last_failed_run?.reason?.message).toBe(
        isFailing ? 'It used more than 2 GB.' : undefined,
      );
    });
  },
);

it('shows a run beside the failure before it, until it completes', async () => {
  const failedId = await end(outOfMemory);
  const run = await jobs.start(ref);
  expect((await readStates()).overview).toMatchObject({
    state: 'failed',
    last_run: { id: run.id, status: 'pending' },
    last_failed_run: { id: failedId },
    last_skipped_run: null,
  });
  expect(await listWith('status=failed')).toEqual([ref]);
  expect(await listWith('status=pending')).toEqual([ref]);
  await begin(run.id);
  await api.finishRun(run.id, { status: 'completed' });
  expect((await readStates()).overview).toMatchObject({ state: 'completed', last_failed_run: null });
  expect(await listWith('status=failed')).toEqual([]);
});

it('has no state and no last run if all its starts were skipped', async () => {
  await skipTick();
  expect(await readStates()).toMatchObject({
    overview: { state: null, last_run: null, last_skipped_run: { skip: { count: 1 } } },
    graph: null,
    latest: undefined,
  });
  await skipTick();
  expect((await readStates()).overview?.last_skipped_run?.skip?.count).toBe(2);
});

it('is not failed by a run of a backfill, nor recovered by one', async () => {
  await end({ status: 'completed' });
  const { id } = await jobs.start(ref);
  await api.setRun(id, { status: 'failed', finishedAt: new Date() });
  expect((await readStates()).overview).toMatchObject({ state: 'completed', last_run: { status: 'failed' } });
  expect(await listWith('status=failed')).toEqual([]);
  expect(await readCounts()).toEqual([0, 0]);
});

it('is paused since the pause, and no longer when it is resumed', async () => {
  const pausedAt = async () => (await readStates()).overview?.paused_at;
  const scope = { workspaceId, jobId: jobId() };
  expect(await pausedAt()).toBeNull();
  await api.services.switchJobs.pause(scope);
  const first = await pausedAt();
  expect(first).toEqual(expect.any(String));
  await api.services.switchJobs.pause(scope);
  expect(await pausedAt()).toBe(first);
  await api.services.switchJobs.resume(scope);
  expect(await pausedAt()).toBeNull();
});
