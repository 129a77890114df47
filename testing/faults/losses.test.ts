import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { createFaultSite, linesBeforeHold, wholeRun, type FaultSite } from './fault-site.ts';
import { startHeldRun } from './moments.ts';

let site: FaultSite;

beforeAll(async () => {
  site = await createFaultSite();
});
afterEach(() => site.endServers());
afterAll(() => site.remove());

it('has the pipeline run of a load that ended while no server was there', async () => {
  const first = await site.start();
  const jobRunId = await startHeldRun(site, first);
  await first.end('SIGKILL');
  site.release();
  await eventually('user code ends', () => site.hasExitRecord(), { timeoutSeconds: 60 });
  const next = await site.start();
  expect(await site.describeRun(next, jobRunId)).toEqual(wholeRun);
});

it('reads from the disk what a bootstrap cannot deliver, because its server is gone for good', async () => {
  const first = await site.start();
  const jobRunId = await startHeldRun(site, first);
  await first.end('SIGKILL');
  const elsewhere = await site.startBeside();
  site.release();
  expect(await site.describeRun(elsewhere, jobRunId)).toEqual(wholeRun);
  await site.awaitTidiness();
  expect(await site.listBootstraps()).toEqual([]);
});

it('keeps a run through kill -9 of the server and of Postgres at once', async () => {
  const first = await site.start();
  const jobRunId = await startHeldRun(site, first);
  await Promise.all([first.end('SIGKILL'), site.killPostgres()]);
  site.release();
  const next = await site.start();
  expect(await site.describeRun(next, jobRunId)).toEqual(wholeRun);
});

it('goes on by itself after kill -9 of Postgres alone', async () => {
  const server = await site.start();
  const jobRunId = await startHeldRun(site, server);
  await site.killPostgres();
  site.release();
  expect(await site.describeRun(server, jobRunId)).toEqual(wholeRun);
  await site.awaitTidiness();
  const later = await site.trigger(server);
  expect(await site.describeRun(server, later)).toEqual(wholeRun);
});

it('fails a run whose bootstrap was killed in user code, with the lines it had, and leaves nothing running', async () => {
  const server = await site.start();
  const jobRunId = await startHeldRun(site, server);
  const [bootstrap] = await site.listBootstraps();
  if (!bootstrap) throw new Error('no bootstrap runs');
  expect(await site.listProcesses(bootstrap.attemptId)).not.toEqual([]);
  process.kill(bootstrap.pid, 'SIGKILL');
  expect(await site.describeRun(server, jobRunId)).toEqual({
    ...wholeRun,
    status: 'failed',
    linesOfLogs: linesBeforeHold,
    linesOfStream: linesBeforeHold,
    pipelineRuns: [],
    followers: [],
  });
  expect(await site.readFailureCode(jobRunId)).toBe('attempt_lost');
  expect(await site.listProcesses(bootstrap.attemptId)).toEqual([]);
  await site.awaitTidiness();
});

it('leaves a run running at SIGTERM, and a restart takes it up', async () => {
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
