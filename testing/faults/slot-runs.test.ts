import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { runsAreContainers } from '../fixtures/runs-location.ts';
import type { TestServer } from '../fixtures/server.ts';
import { createFaultSite, type FaultSite } from './fault-site.ts';
import { startHeldRun } from './moments.ts';
import { wholeRun } from './run-details.ts';
import { awaitSlot, countSlotRuns, isInSlot, warmUpSlot } from './slot-runs.ts';

/** After the ten minutes in which nothing is removed. */
const minutesLater = 11;
const RUNS_AT_ONCE = 5;

describe.skipIf(!runsAreContainers)('a run in a container that has waited for it', () => {
  let site: FaultSite;

  beforeAll(async () => {
    site = await createFaultSite();
  });
  afterEach(({ task }) => site.endServers({ showLogs: task.result?.state === 'fail' }));
  afterAll(() => site.remove());

  /** The only attempt whose bootstrap runs. */
  const findAttempt = (): Promise<string> =>
    eventually('a bootstrap runs', async () => (await site.listBootstraps())[0]);

  async function expectWholeRun(server: TestServer, jobRunId: string): Promise<void> {
    expect(await site.describeRun(server, jobRunId)).toEqual(wholeRun);
    await site.awaitTidiness();
  }

  it('is complete, and so is the next one', async () => {
    const server = await site.start();
    await warmUpSlot(site, server);
    for (let run = 1; run <= 2; run += 1) {
      const before = await countSlotRuns(server);
      await expectWholeRun(server, await site.trigger(server));
      expect(await countSlotRuns(server)).toBeGreaterThan(before);
    }
  });

  // A pause at the first two shows that the run has a slot.
  it.each([
    'before-slot-assignment',
    'in-slot-assignment',
    'before-handle-stored',
    'beacon-received',
    'between-exit-and-finish',
  ] as const)('is complete after kill -9 of its server at %s', async (pauseAt) => {
    site.disarm();
    const server = await site.start({ pauseAt });
    await warmUpSlot(site, server);
    site.rearm();
    const jobRunId = await site.trigger(server);
    await site.awaitPause();
    const [attemptId = ''] = site.listAttemptFolders();
    if (pauseAt !== 'before-slot-assignment') expect(await isInSlot(attemptId)).toBe(true);
    await server.end('SIGKILL');
    await expectWholeRun(await site.start(), jobRunId);
  });

  it('goes on after kill -9 of its server in user code', async () => {
    const server = await site.start();
    await warmUpSlot(site, server);
    const jobRunId = await startHeldRun(site, server);
    const attemptId = await findAttempt();
    expect(await isInSlot(attemptId)).toBe(true);
    await server.end('SIGKILL');
    const next = await site.start();
    expect(await site.listBootstraps()).toEqual([attemptId]);
    site.release();
    await expectWholeRun(next, jobRunId);
  });

  it('starts once when its server stands still while it hands the run over, and another one takes over', async () => {
    site.disarm();
    const slow = await site.start({ pauseAt: 'in-slot-assignment' });
    await warmUpSlot(site, slow);
    site.rearm();
    const jobRunId = await site.trigger(slow);
    await site.awaitPause();
    slow.process.kill('SIGSTOP');
    const other = await site.startBeside();
    await site.of(other).awaitLine(jobRunId, 'line 0');
    site.resume();
    slow.process.kill('SIGCONT');
    await expectWholeRun(other, jobRunId);
  });

  it.each([0, 20, 40, 80, 160])(
    'starts at most once after kill -9 of its bootstrap, %i ms after its container got its name',
    async (delayMs) => {
      const server = await site.start();
      await warmUpSlot(site, server);
      site.hold();
      const jobRunId = await site.trigger(server);
      const attemptId = await findAttempt();
      const [hasSlot] = await Promise.all([isInSlot(attemptId), delay(delayMs)]);
      expect(hasSlot).toBe(true);
      await site.killBootstrap(attemptId);
      site.release();
      const run = await site.describeRun(server, jobRunId);
      // The server starts an attempt again if its user code cannot have begun.
      expect(run.timesStarted).toBe(run.status === 'completed' ? 1 : Math.min(run.timesStarted, 1));
      expect(['completed', 'failed']).toContain(run.status);
      await site.awaitTidiness();
    },
  );

  it('is complete beside others that start cold', async () => {
    const server = await site.start();
    await warmUpSlot(site, server);
    const before = await countSlotRuns(server);
    const started = await Promise.all(Array.from({ length: RUNS_AT_ONCE }, () => site.trigger(server)));
    for (const jobRunId of started) expect(await site.describeRun(server, jobRunId)).toEqual(wholeRun);
    await site.awaitTidiness();
    expect(await countSlotRuns(server)).toBeGreaterThan(before);
  });

  it('is complete while its environment is being replaced', async () => {
    const server = await site.start();
    await warmUpSlot(site, server);
    await site.needNewEnvironment(server);
    await expectWholeRun(server, await site.trigger(server));
    await awaitSlot(server);
    await expectWholeRun(server, await site.trigger(server));
  });

  it('leaves nothing when its server ends, even of servers that were killed', async () => {
    const killed = await site.start();
    await warmUpSlot(site, killed);
    await killed.end('SIGKILL');
    const last = await site.start();
    await warmUpSlot(site, last);
    await last.end('SIGTERM');
    await eventually('the containers of killed servers have ended', async () => {
      await site.removeOrphans(minutesLater);
      return (await site.listRemains()).length === 0;
    });
  });
});
