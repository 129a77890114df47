import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { runsAreContainers } from '../fixtures/runs-location.ts';
import type { TestServer } from '../fixtures/server.ts';
import { createFaultSite, type FaultSite } from './fault-site.ts';
import {
  countForkedRuns,
  findForkingProcess,
  forkingPrograms,
  isForked,
  warmUpForks,
  type ForkingProgram,
} from './forked-runs.ts';
import { startHeldRun } from './moments.ts';
import { wholeRun } from './run-details.ts';

const RUNS_AT_ONCE = 5;

let site: FaultSite;

beforeAll(async () => {
  site = await createFaultSite();
});
afterEach(({ task }) => site.endServers({ showLogs: task.result?.state === 'fail' }));
afterAll(() => site.remove());

const startAtOnce = (server: TestServer): Promise<string[]> =>
  Promise.all(Array.from({ length: RUNS_AT_ONCE }, () => site.trigger(server)));

async function expectWholeRuns(server: TestServer, jobRunIds: string[]): Promise<void> {
  for (const jobRunId of jobRunIds) expect(await site.describeRun(server, jobRunId)).toEqual(wholeRun);
  await site.awaitTidiness();
}

describe.skipIf(runsAreContainers)('a run that is forked from a template', () => {
  it.each(['after-claim', 'before-handle-stored', 'beacon-received', 'between-exit-and-finish'] as const)(
    'is complete after kill -9 of its server at %s',
    async (pauseAt) => {
      site.disarm();
      const server = await site.start({ pauseAt });
      await warmUpForks(site, server);
      site.rearm();
      const jobRunId = await site.trigger(server);
      await site.awaitPause();
      await server.end('SIGKILL');
      await expectWholeRuns(await site.start(), [jobRunId]);
    },
  );

  it('goes on after kill -9 of its server in user code', async () => {
    const server = await site.start();
    await warmUpForks(site, server);
    const jobRunId = await startHeldRun(site, server);
    const [attemptId = ''] = await site.listBootstraps();
    expect(isForked(site.dataDir, attemptId)).toBe(true);
    await server.end('SIGKILL');
    const next = await site.start();
    expect(await site.listProcesses(attemptId)).not.toEqual([]);
    site.release();
    await expectWholeRuns(next, [jobRunId]);
  });

  it.each(Object.keys(forkingPrograms) as ForkingProgram[])(
    'is complete after kill -9 of the %s at any moment of its start',
    async (program) => {
      for (const delayMs of [0, 40, 80, 120, 160, 240]) {
        const server = await site.start();
        await warmUpForks(site, server);
        const started = await startAtOnce(server);
        await delay(delayMs);
        process.kill(await findForkingProcess(server, program), 'SIGKILL');
        await expectWholeRuns(server, started);
        await site.endServers();
      }
    },
  );

  it('is complete while its environment is being replaced', async () => {
    const server = await site.start();
    await warmUpForks(site, server);
    const started = await startAtOnce(server);
    await site.needNewEnvironment(server);
    await expectWholeRuns(server, [...started, ...(await startAtOnce(server))]);
    await warmUpForks(site, server);
  });

  it.each([0, 20, 40, 60, 80, 120, 160, 240])(
    'starts at most once and leaves nothing after kill -9 of its bootstrap, %i ms after that has begun',
    async (delayMs) => {
      const server = await site.start();
      await warmUpForks(site, server);
      site.hold();
      const jobRunId = await site.trigger(server);
      const attemptId = await eventually('a bootstrap runs', async () => (await site.listBootstraps())[0]);
      await delay(delayMs);
      await site.killBootstrap(attemptId);
      site.release();
      const run = await site.describeRun(server, jobRunId);
      // The server starts an attempt again if its user code cannot have begun.
      expect(run.timesStarted).toBe(run.status === 'completed' ? 1 : Math.min(run.timesStarted, 1));
      expect(['completed', 'failed']).toContain(run.status);
      expect(await site.listProcesses(attemptId)).toEqual([]);
      await site.awaitTidiness();
      expect(await site.listRemains()).toEqual(await listTemplateGroups());
      expect(await countForkedRuns(server)).toBeGreaterThan(0);
    },
  );
});

/** Control groups of templates that serve runs. */
async function listTemplateGroups(): Promise<string[]> {
  return (await site.listRemains()).filter((name) => name.includes('template'));
}
