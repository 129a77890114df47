import type { TestServer } from '../fixtures/server.ts';
import { writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createApiWorkspace } from '../fixtures/api-workspace.ts';
import { createContainerOfMachine, createMachine } from '../fixtures/test-machine.ts';
import { isRoot, lacks } from '../fixtures/requirements.ts';
import { createRunsLocation } from '../fixtures/runs-location.ts';
import { createTestDatabase, type TestDatabase } from '../fixtures/postgres.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { restoreFolder } from '../fixtures/restore-folder.ts';
import { runAdmin, startTestServer } from '../fixtures/server.ts';

const quickScript = `
import os

with open(f".dlt/data/{os.environ['WORKSPACE__PROFILE']}/{os.environ['RUNTIME__RUN_ID']}", "a") as file:
    file.write("started\\n")
`;

const heldScript = `
import os, time

print("begun", flush=True)
while not os.path.exists(f".dlt/data/{os.environ['WORKSPACE__PROFILE']}/go"):
    time.sleep(0.02)
print("done")
`;
import { readClaims } from '@pumphouse/server/store/postgres/testing/runs.ts';

const names = ['quick', 'held', 'other'];
const files = { 'quick.py': quickScript, 'held.py': heldScript, 'other.py': heldScript };

let cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  cleanUps = [];
});

/** A server at the test's location that deployed a workspace, built its environment and ended. */
async function prepare(variables: Record<string, string> = {}) {
  const first = await startTestServer(variables);
  cleanUps.push(() => first.remove());
  const workspaceId = await createWorkspace(first, 'locations');
  // One run of a job at a time: a run that never ends blocks its job.
  const jobs = names.map((name) => ({
    ...defineScriptJob(name),
    execute: { concurrency: name === 'quick' ? null : 1 },
  }));
  await deployWorkspace(first, workspaceId, { files, jobs });
  const warmUp = await triggerJob(first, workspaceId, 'jobs.quick');
  expect((await createApiWorkspace(first, workspaceId).awaitEnd(warmUp)).status).toBe('completed');
  await first.end('SIGTERM');
  const localData = createRunsLocation(first.dataDir).locateLocalData(workspaceId, 'prod');
  return { first, workspaceId, localData };
}

function track(server: TestServer): TestServer {
  cleanUps.push(() => server.end('SIGTERM'));
  return server;
}

const cannotEnterMachines = lacks('root', isRoot);

async function createExternal(): Promise<{ database: TestDatabase; variables: Record<string, string> }> {
  const database = await createTestDatabase();
  cleanUps.push(() => database.drop());
  return { database, variables: { PUMPHOUSE_DATABASE_URL: database.url } };
}

const readReadiness = async ({ url }: TestServer) =>
  (await (await fetch(`${url}/readyz`)).json()) as { runs: { unknown: number } | null; degraded: string[] };

const awaitUnknown = (server: TestServer, count: number) =>
  eventually(`${count} runs are unknown`, async () => (await readReadiness(server)).runs?.unknown === count);

describe.skipIf(cannotEnterMachines)('two live servers', () => {
  it('with one host name in two pid namespaces run each of 100 runs once', async () => {
    const { database, variables } = await createExternal();
    const { first, workspaceId, localData } = await prepare(variables);
    const own = { PUMPHOUSE_MAX_ACTIVE_RUNS: '4' };
    const one = track(await first.restart(own, { machine: createContainerOfMachine() }));
    const two = track(await first.startBeside(own, { machine: createContainerOfMachine() }));
    const ids: string[] = [];
    for (let n = 0; n < 100; n += 1)
      ids.push(await triggerJob(n % 2 === 0 ? one : two, workspaceId, 'jobs.quick'));
    const rows = await eventually(
      'all runs have ended',
      async () => {
        const found = await readClaims(database.database, ids);
        return found.every(({ status }) => status === 'completed' || status === 'failed') && found;
      },
      { timeoutSeconds: 600 },
    );
    expect(rows.map(({ status }) => status)).toEqual(ids.map(() => 'completed'));
    expect(Math.max(...rows.map(({ claimNumber }) => claimNumber))).toBeLessThanOrEqual(2);
    expect(new Set(rows.map(({ claimedBy }) => claimedBy)).size).toBe(2);
    const started = (await readdir(localData)).filter((name) => ids.includes(name));
    expect(started.toSorted()).toEqual(ids.toSorted());
    // Each appends a line when its code starts.
    const lines = await Promise.all(started.map((name) => readFile(join(localData, name), 'utf8')));
    expect(lines).toEqual(ids.map(() => 'started\n'));
  });
});

describe.skipIf(cannotEnterMachines)('a machine restart', () => {
  it('fails its lost runs without waiting for leases', async () => {
    const { first, workspaceId } = await prepare({ PUMPHOUSE_LEASE_SECONDS: '300' });
    const machineId = 'd'.repeat(32);
    const before = await first.restart({}, { machine: await createMachine(machineId) });
    const run = await triggerJob(before, workspaceId, 'jobs.held');
    await createApiWorkspace(before, workspaceId).awaitLine(run, 'begun');
    await before.end('SIGKILL');
    const killedAt = Date.now();
    const after = track(await before.restart({}, { machine: await createMachine(machineId) }));
    const ended = await createApiWorkspace(after, workspaceId).awaitEnd(run);
    const finishedAt = new Date(ended.finished_at ?? 0).getTime();
    expect(ended.status).toBe('failed');
    // Its lease of 300 s, renewed every third, was still valid for at least 200 s.
    expect(finishedAt - killedAt).toBeLessThan(200_000);
  });
});

describe.skipIf(cannotEnterMachines)('a data folder restored on another machine', () => {
  it('has runs that all end, and jobs that run again', async () => {
    const variables = { PUMPHOUSE_MAX_ACTIVE_RUNS: '2', PUMPHOUSE_UNKNOWN_MINUTES: '0.02' };
    const { first, workspaceId, localData } = await prepare(variables);
    const before = await first.restart({}, { machine: await createMachine() });
    const held = [];
    for (const name of ['held', 'other']) held.push(await triggerJob(before, workspaceId, `jobs.${name}`));
    for (const run of held) await createApiWorkspace(before, workspaceId).awaitLine(run, 'begun');
    await before.end('SIGKILL');
    await restoreFolder(first.dataDir);

    const second = await createMachine();
    const after = track(await before.restart({}, { machine: second }));
    const workspace = createApiWorkspace(after, workspaceId);
    await awaitUnknown(after, 2);
    expect((await readReadiness(after)).degraded.join()).toContain('2 runs are unknown');
    // They hold no slot, although the server has only two.
    const quick = await triggerJob(after, workspaceId, 'jobs.quick');
    expect((await workspace.awaitEnd(quick)).status).toBe('completed');

    const [cancelled = '', forced = ''] = held;
    const params = { workspace_id: workspaceId, job_run_id: cancelled };
    await after.client.call('cancel_job_run', { params });
    await workspace.awaitEnd(cancelled);
    await after.end('SIGTERM');
    await runAdmin({ dataDir: first.dataDir }, ['end-run', forced]);
    const last = track(await after.restart({}, { machine: second }));
    const later = createApiWorkspace(last, workspaceId);
    for (const run of held) {
      const timeline = await last.client.call('get_job_run_life', { params: { ...params, job_run_id: run } });
      expect([timeline.status, timeline.failure?.code]).toEqual(['failed', 'attempt_unknown']);
    }
    await awaitUnknown(last, 0);

    writeFileSync(join(localData, 'go'), '');
    for (const name of ['held', 'other']) {
      const again = await triggerJob(last, workspaceId, `jobs.${name}`);
      expect((await later.awaitEnd(again)).status).toBe('completed');
    }
    await eventually('all logs are packed', async () => {
      const logs = await readdir(join(first.dataDir, 'blobs', 'logs'), { recursive: true });
      return logs.every((name) => !name.endsWith('.ndjson'));
    });
    expect((await later.readLog(forced)).map(({ content }) => content)).toContain('begun');
  });
});
