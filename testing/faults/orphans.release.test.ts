import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestServer } from '../fixtures/server.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { runsAreContainers } from '../fixtures/runs-location.ts';
import { createFaultSite, type FaultSite } from './fault-site.ts';
import { startHeldRun } from './moments.ts';
import { wholeRun } from './run-details.ts';

/** After the ten minutes in which nothing is removed. */
const minutesLater = 11;

const runOver = 'attempt: its run has ended';
const buildCutShort =
  'environment: no run can use it: its build was interrupted, or another environment replaced it';
const buildOver = 'build: the build that needed it has ended';

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

/**
 * All orphaned resources. The site itself keeps environments, a cache, its workspace's data, and networks of
 * containers.
 */
async function listOrphans(minutes = minutesLater) {
  return (await site.listResources(minutes)).filter((one) => one.isOrphan);
}

/**
 * Removes orphaned resources.
 * @returns the reasons, each once: an attempt has several resources on an engine
 */
async function removeOrphans(minutes = minutesLater): Promise<string[]> {
  const { removed, failed } = await site.removeOrphans(minutes);
  expect(failed).toEqual([]);
  return [...new Set(removed.map(({ owner, reason }) => `${owner.kind}: ${reason}`))];
}

/**
 * Expects that nothing is left of attempts and builds, according to the orphan collector and to the disk or
 * engine, after the last server has ended with its templates.
 */
async function expectNothingLeft(last: TestServer): Promise<void> {
  await last.end('SIGTERM');
  expect(await listOrphans()).toEqual([]);
  expect(await site.listRemains()).toEqual([]);
}

/** Kills a server at the end of a build, and lets the run complete under another one, which keeps running. */
async function leaveHalfBuilt(): Promise<{ halfBuilt: string; server: TestServer }> {
  const before = site.listEnvironmentFolders();
  const first = await site.start({ pauseAt: 'before-environment-complete' });
  await site.needNewEnvironment(first);
  const jobRunId = await site.trigger(first);
  await site.awaitPause();
  await first.end('SIGKILL');
  const [halfBuilt, ...others] = site.listEnvironmentFolders().filter((name) => !before.includes(name));
  expect(others).toEqual([]);
  if (halfBuilt === undefined) throw new Error('Nothing was built.');
  expect(await listOrphans(0)).toEqual([]);
  const server = await site.start();
  expect(await site.describeRun(server, jobRunId)).toEqual(wholeRun);
  await site.awaitTidiness();
  expect(site.listEnvironmentFolders()).toHaveLength(before.length + 2);
  return { halfBuilt, server };
}

describe('nothing is left ten minutes after kill -9 of a server', () => {
  it('in the middle of a start', async () => {
    const first = await site.start({ pauseAt: 'in-attempt-preparation' });
    const jobRunId = await site.trigger(first);
    await site.awaitPause();
    const [halfMade] = site.listAttemptFolders();
    expect(halfMade).toBeDefined();
    await first.end('SIGKILL');
    expect(await listOrphans(1000)).toEqual([]);

    const next = await site.start();
    expect(await site.describeRun(next, jobRunId)).toEqual(wholeRun);
    await eventually('only the half made attempt is left', () =>
      site.listAttemptFolders().every((attempt) => attempt === halfMade),
    );
    expect(await removeOrphans(0)).toEqual([]);
    const went = await removeOrphans();
    // A created container is an attempt, which the supervisor may already have removed when its run was over.
    if (!runsAreContainers || went.length > 0) expect(went).toEqual([runOver]);
    await expectNothingLeft(next);
  });

  // An engine has no volume without its files, and removes none in use by a container.
  it.skipIf(runsAreContainers)('that lost the folder of an attempt whose user code continues', async () => {
    const first = await site.start({ pauseAt: 'before-handle-stored' });
    const jobRunId = await startHeldRun(site, first);
    const [attemptId] = await site.listBootstraps();
    if (attemptId === undefined) throw new Error('no bootstrap runs');
    // An active bootstrap would learn from the next server that its run has ended, and end everything itself.
    await site.freezeBootstrap(attemptId);
    await first.end('SIGKILL');
    await rm(join(site.dataDir, 'attempts', attemptId), { recursive: true });
    expect(await listOrphans(1000)).toEqual([]);

    const next = await site.start();
    expect((await site.of(next).awaitEnd(jobRunId)).status).toBe('failed');
    expect(await site.listProcesses(attemptId)).not.toEqual([]);
    expect(await removeOrphans(0)).toEqual([]);
    expect(await removeOrphans()).toEqual([runOver]);
    expect(await site.listProcesses(attemptId)).toEqual([]);
    await expectNothingLeft(next);
  });

  it('during an environment build; the environment built in its place stays', async () => {
    const { halfBuilt, server } = await leaveHalfBuilt();
    expect(await removeOrphans(0)).toEqual([]);
    const went = await removeOrphans();
    expect(went).toContain(buildCutShort);
    // On a machine without control groups, a build has no other resources.
    expect([buildCutShort, buildOver]).toEqual(expect.arrayContaining(went));
    const after = site.listEnvironmentFolders();
    expect(after).not.toContain(halfBuilt);
    expect(await listOrphans()).toEqual([]);
    const later = await site.trigger(server);
    expect(await site.describeRun(server, later)).toEqual(wholeRun);
    expect(site.listEnvironmentFolders()).toEqual(after);
    await site.awaitTidiness();
    await expectNothingLeft(server);
  });

  it('while it removes an attempt', async () => {
    const first = await site.start({ pauseAt: 'in-attempt-removal' });
    // This job has no downstream run, which the kill could interrupt at any moment of its start.
    await site.trigger(first, 'jobs.follow');
    await site.awaitPause();
    await first.end('SIGKILL');
    expect(site.listAttemptFolders()).not.toEqual([]);
    expect(await listOrphans()).not.toEqual([]);
    expect(await removeOrphans(0)).toEqual([]);
    expect(await removeOrphans()).toContain(runOver);
    const next = await site.start();
    await site.awaitTidiness();
    await expectNothingLeft(next);
  });

  it('during the removal of orphaned resources', async () => {
    const { halfBuilt, server } = await leaveHalfBuilt();
    await site.killRemovalAt('in-environment-removal', join(folder, 'reached'), minutesLater);
    const left = await listOrphans();
    expect(left.map(({ owner }) => owner.kind)).toContain('environment');
    expect(site.listEnvironmentFolders()).toContain(halfBuilt);
    expect(await removeOrphans()).toContain(buildCutShort);
    expect(site.listEnvironmentFolders()).not.toContain(halfBuilt);
    await expectNothingLeft(server);
  });
});

it('an active run keeps all it needs, however late it is', async () => {
  const server = await site.start();
  const jobRunId = await startHeldRun(site, server);
  const { removed } = await site.removeOrphans(60 * 24 * 365);
  expect(removed).toEqual([]);
  site.release();
  expect(await site.describeRun(server, jobRunId)).toEqual(wholeRun);
  await site.awaitTidiness();
});
