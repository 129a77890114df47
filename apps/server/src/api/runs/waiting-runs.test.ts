import type { ApiFixture } from '../testing/api-fixture.ts';
import type { RunState } from '@pumphouse/contract';
import type { SeededRun } from '../testing/seed-run.ts';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { copyRun } from '../../store/postgres/testing/runs.ts';
import { createApiFixture } from '../testing/api-fixture.ts';
import { createReader } from '../testing/deployed-jobs.ts';
import { seedRun } from '../testing/seed-run.ts';
import { setAttempt } from '../../store/postgres/testing/attempts.ts';

let api: ApiFixture;
let own: SeededRun;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  own = await seedRun(api);
});

/** Lists the runs that wait for a run, and checks that they are counted. */
async function listWaiting(jobRunId: string, query = ''): Promise<string[]> {
  const read = createReader(api, own.workspaceId, own.owner);
  const filter = `waiting_for=${jobRunId}${query}`;
  const { items, total } = await read('list_run_overviews', `job-runs?${filter}`);
  const counts = await read('count_run_overviews', `job-runs/-/counts?${filter}`);
  expect(total).toBe(items.length);
  if (query === '') expect(counts.total.pending + counts.total.running).toBe(items.length);
  return items.map(({ id }) => id);
}

const copy = async (status: RunState, isQueued = false) => {
  const [id = ''] = await copyRun(api.testDatabase.database, own.run.id, 1, () => ({ status, isQueued }));
  return id;
};

it('queued runs of a job wait for its active run', async () => {
  await api.setRun(own.run.id, { status: 'running', startedAt: new Date() });
  const queued = await copy('pending', true);
  await copy('pending');
  await copy('completed');
  expect(await listWaiting(own.run.id)).toEqual([queued]);
  expect(await listWaiting(own.run.id, '&status=completed')).toEqual([]);
  expect(await listWaiting(queued)).toEqual([]);
});

it('a run that has ended keeps none waiting', async () => {
  await api.setRun(own.run.id, { status: 'completed', finishedAt: new Date() });
  await copy('pending', true);
  expect(await listWaiting(own.run.id)).toEqual([]);
});

it('runs that share local data wait for the active one of their profile', async () => {
  await api.setRun(own.run.id, { status: 'running', startedAt: new Date(), sharesLocalData: true });
  const waiting = await copy('pending');
  await api.setRun(waiting, { sharesLocalData: true });
  const other = await copy('pending');
  await api.setRun(other, { sharesLocalData: true, profile: 'another' });
  await copy('pending');
  expect(await listWaiting(own.run.id)).toEqual([waiting]);
});

it('runs whose code waits for a pipeline wait for the run that holds it', async () => {
  const { pipelineHolds } = api.persistence.store;
  const holder = await api.createAttempt(own.run);
  const waitingRun = await api.persistence.store.jobRuns.find(await copy('pending'));
  if (!waitingRun) throw new Error('It was copied');
  const waiting = await api.createAttempt(waitingRun);
  const target = { kind: 'pipeline' as const, profile: 'prod', name: 'shop', destination: '' };
  const put = (attemptId: string, isHeld: boolean) =>
    pipelineHolds.put({ attemptId, workspaceId: own.workspaceId }, [target], { ticket: 1, isHeld });
  await put(holder.id, true);
  await put(waiting.id, false);
  expect(await listWaiting(own.run.id)).toEqual([waitingRun.id]);
  expect(await listWaiting(waitingRun.id)).toEqual([]);
  await setAttempt(api.testDatabase.database, holder.id, { closedAt: new Date() });
  expect(await listWaiting(own.run.id)).toEqual([]);
});

it('runs of another workspace are not found', async () => {
  const other = await seedRun(api);
  await api.setRun(other.run.id, { status: 'running', startedAt: new Date() });
  await copy('pending', true);
  expect(await listWaiting(other.run.id)).toEqual([]);
});
