import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { createFaultSite, type FaultSite } from './fault-site.ts';
import { linesBeforeHold } from './fault-workspace.ts';
import { startHeldRun } from './moments.ts';
import { wholeRun } from './run-details.ts';

let site: FaultSite;

beforeAll(async () => {
  site = await createFaultSite();
});
afterEach(({ task }) => site.endServers({ showLogs: task.result?.state === 'fail' }));
afterAll(() => site.remove());

it('stores the pipeline run of a load that ended while no server was running', async () => {
  const first = await site.start();
  const jobRunId = await startHeldRun(site, first);
  await first.end('SIGKILL');
  site.release();
  await eventually('user code ends', () => site.hasRecorded('"kind":"exit"'));
  const next = await site.start();
  expect(await site.describeRun(next, jobRunId)).toEqual(wholeRun);
});

it('finishes a run on another port when its server is gone for good', async () => {
  const first = await site.start();
  const jobRunId = await startHeldRun(site, first);
  await first.end('SIGKILL');
  const elsewhere = await site.startBeside();
  site.release();
  expect(await site.describeRun(elsewhere, jobRunId)).toEqual(wholeRun);
  await site.awaitTidiness();
  expect(await site.listBootstraps()).toEqual([]);
});

it('keeps a run through kill -9 of the server and Postgres at once', async () => {
  const first = await site.start();
  const jobRunId = await startHeldRun(site, first);
  await Promise.all([first.end('SIGKILL'), site.killPostgres()]);
  site.release();
  const next = await site.start();
  expect(await site.describeRun(next, jobRunId)).toEqual(wholeRun);
});

it('recovers after kill -9 of Postgres alone', async () => {
  const server = await site.start();
  const jobRunId = await startHeldRun(site, server);
  await site.killPostgres();
  site.release();
  expect(await site.describeRun(server, jobRunId)).toEqual(wholeRun);
  await site.awaitTidiness();
  const later = await site.trigger(server);
  expect(await site.describeRun(server, later)).toEqual(wholeRun);
});

it('fails a run whose bootstrap was killed in user code, keeps its lines, and leaves nothing running', async () => {
  const server = await site.start();
  const jobRunId = await startHeldRun(site, server);
  const [attemptId] = await site.listBootstraps();
  if (attemptId === undefined) throw new Error('no bootstrap runs');
  expect(await site.listProcesses(attemptId)).not.toEqual([]);
  await site.killBootstrap(attemptId);
  expect(await site.describeRun(server, jobRunId)).toEqual({
    ...wholeRun,
    status: 'failed',
    linesOfLogs: linesBeforeHold,
    linesOfStream: linesBeforeHold,
    pipelineRuns: [],
    followers: [],
  });
  expect(await site.readFailureCode(jobRunId)).toBe('attempt_lost');
  expect(await site.listProcesses(attemptId)).toEqual([]);
  await site.awaitTidiness();
});

it('stores what a bootstrap recorded that was killed while no server was running, even very long records', async () => {
  const first = await site.start();
  site.hold();
  const jobRunId = await site.trigger(first, 'jobs.report');
  await site.of(first).awaitLine(jobRunId, 'about to report');
  await first.end('SIGKILL');
  site.release();
  await eventually('the load is reported', () => site.hasRecorded('"text":"reported"'));
  for (const attemptId of await site.listBootstraps()) await site.killBootstrap(attemptId);
  const next = await site.start();
  expect(await site.describeRun(next, jobRunId)).toMatchObject({
    status: 'failed',
    linesOfLogs: ['about to report', 'reported'],
    pipelineRuns: [{ status: 'succeeded' }],
  });
});

it('leaves a run running at SIGTERM, and takes it over after a restart', async () => {
  const first = await site.start();
  const jobRunId = await startHeldRun(site, first);
  await first.end('SIGTERM');
  expect(first.process.exitCode).toBe(0);
  expect(await site.listBootstraps()).toHaveLength(1);
  const next = await site.start();
  expect((await site.of(next).getRun(jobRunId)).status).toBe('running');
  site.release();
  expect(await site.describeRun(next, jobRunId)).toEqual(wholeRun);
});
