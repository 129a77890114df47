import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { createFaultSite, type FaultSite } from './fault-site.ts';
import { startHeldRun } from './moments.ts';
import { wholeRun } from './run-facts.ts';

/** Past the ten minutes in which nothing goes. */
const minutesLater = 11;

let site: FaultSite;
let folder: string;

beforeAll(async () => {
  site = await createFaultSite();
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-leftovers-'));
});
afterEach(({ task }) => site.endServers({ showLogs: task.result?.state === 'fail' }));
afterAll(async () => {
  await site.remove();
  await rm(folder, { recursive: true, force: true });
});

/** Everything that is left but what the site keeps: environments, a cache, and its workspace's data. */
async function listLeftovers(minutes = minutesLater): Promise<string[]> {
  return (await site.listBelongings(minutes)).filter((one) => one.isLeftover).map(({ id }) => id);
}

/** Removes what is over by then. @returns the names of the folders and why they went */
async function removeLeftovers(minutes = minutesLater): Promise<string[]> {
  const { removed, failed } = await site.removeLeftovers(minutes);
  expect(failed).toEqual([]);
  return removed.map(({ owner, reason }) => `${owner.kind}: ${reason}`);
}

describe('nothing is left ten minutes after kill -9 of a server', () => {
  it('in the middle of a start', async () => {
    const first = await site.start({ pauseAt: 'in-attempt-preparation' });
    const jobRunId = await site.trigger(first);
    await site.awaitPause();
    const [halfMade] = await site.listAttemptFolders();
    await first.end('SIGKILL');
    expect(await listLeftovers(1000)).toEqual([]);

    const next = await site.start();
    expect(await site.describeRun(next, jobRunId)).toEqual(wholeRun);
    await eventually('only the half made attempt is left', async () => {
      const folders = await site.listAttemptFolders();
      return folders.length === 1 && folders[0] === halfMade;
    });
    expect(await removeLeftovers(0)).toEqual([]);
    expect(await removeLeftovers()).toEqual(['attempt: its run is over']);
    expect(await site.listAttemptFolders()).toEqual([]);
    expect(await listLeftovers()).toEqual([]);
  });

  it('of which the disk lost the folder of an attempt whose user code runs on', async () => {
    const first = await site.start({ pauseAt: 'before-handle-stored' });
    const jobRunId = await startHeldRun(site, first);
    const [attemptId] = await site.listBootstraps();
    if (attemptId === undefined) throw new Error('no bootstrap runs');
    await first.end('SIGKILL');
    await rm(join(site.dataDir, 'attempts', attemptId), { recursive: true });
    expect(await listLeftovers(1000)).toEqual([]);

    const next = await site.start();
    expect((await site.of(next).awaitEnd(jobRunId)).status).toBe('failed');
    expect(await site.listProcesses(attemptId)).not.toEqual([]);
    expect(await removeLeftovers(0)).toEqual([]);
    expect(await removeLeftovers()).toEqual(['attempt: its run is over']);
    expect(await site.listProcesses(attemptId)).toEqual([]);
    expect(await listLeftovers()).toEqual([]);
  });

  it('while it builds an environment; the one that is built in its place stays', async () => {
    const before = await site.listEnvironmentPlaces();
    const first = await site.start({ pauseAt: 'before-environment-complete' });
    await site.needNewEnvironment(first);
    const jobRunId = await site.trigger(first);
    await site.awaitPause();
    await first.end('SIGKILL');
    const halfBuilt = (await site.listEnvironmentPlaces()).filter((name) => !before.includes(name));
    expect(halfBuilt).toHaveLength(1);

    const next = await site.start();
    expect(await site.describeRun(next, jobRunId)).toEqual(wholeRun);
    await site.awaitTidiness();
    expect(await removeLeftovers(0)).toEqual([]);
    expect(await removeLeftovers()).toEqual([
      'environment: no run can use it: its build was cut short, or another one took its place',
    ]);
    const after = await site.listEnvironmentPlaces();
    expect(after).not.toContain(halfBuilt[0]);
    expect(after).toHaveLength(before.length + 1);
    expect(await listLeftovers()).toEqual([]);
    const later = await site.trigger(next);
    expect(await site.describeRun(next, later)).toEqual(wholeRun);
  });

  it('while it removes an attempt', async () => {
    const first = await site.start({ pauseAt: 'in-attempt-removal' });
    await site.trigger(first);
    await site.awaitPause();
    await first.end('SIGKILL');
    expect(await site.listAttemptFolders()).not.toEqual([]);
    await eventually('the run and those after it are over', async () => (await listLeftovers()).length > 0);
    expect(await removeLeftovers(0)).toEqual([]);
    expect(await removeLeftovers()).toContain('attempt: its run is over');
    const next = await site.start();
    await site.awaitTidiness();
    await next.end('SIGTERM');
    expect(await listLeftovers()).toEqual([]);
  });

  it('of the removal of what is left over itself', async () => {
    const first = await site.start({ pauseAt: 'before-environment-complete' });
    await site.needNewEnvironment(first);
    const jobRunId = await site.trigger(first);
    await site.awaitPause();
    await first.end('SIGKILL');
    const next = await site.start();
    expect(await site.describeRun(next, jobRunId)).toEqual(wholeRun);
    await site.awaitTidiness();
    const [halfBuilt, ...others] = await listLeftovers();
    expect(others).toEqual([]);
    if (halfBuilt === undefined) throw new Error('Nothing is left over.');
    // For a command whose clock is the real one.
    const old = new Date(Date.now() - minutesLater * 60_000);
    await utimes(halfBuilt, old, old);
    await site.killRemovalAt('in-environment-removal', join(folder, 'reached'));
    expect(await listLeftovers()).toEqual([halfBuilt]);
    expect(await removeLeftovers()).toHaveLength(1);
    expect(await listLeftovers()).toEqual([]);
  });
});

it('a run that is under way keeps all it needs, however late it is', async () => {
  const server = await site.start();
  const jobRunId = await startHeldRun(site, server);
  const { removed } = await site.removeLeftovers(60 * 24 * 365);
  expect(removed).toEqual([]);
  site.release();
  expect(await site.describeRun(server, jobRunId)).toEqual(wholeRun);
  await site.awaitTidiness();
});
