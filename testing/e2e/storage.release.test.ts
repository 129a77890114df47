import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiWorkspace, joinLines, type ApiWorkspace } from '../fixtures/api-workspace.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { countBlobs } from '../fixtures/server-blobs.ts';
import { callRefused } from '../fixtures/raw-call.ts';
import { runAdmin, startTestServer, type TestServer } from '../fixtures/server.ts';

const kinds = [
  'runs',
  'logs',
  'traces',
  'beacons',
  'packages',
  'environments',
  'caches',
  'audit',
  'alert-deliveries',
  'pending-packages',
];

interface StoredKind {
  kind: string;
  count: number;
  bytes: number;
  limit: string;
  next: { count: number; bytes: number };
}

const load = `
import dlt

pipeline = dlt.pipeline("numbers", destination="duckdb", dataset_name="numbers_data")
print(pipeline.run([{"number": 1}], table_name="numbers"))
`;

let server: TestServer;
let workspace: ApiWorkspace;

beforeAll(async () => {
  server = await startTestServer();
  const id = await createWorkspace(server, 'storage');
  workspace = createApiWorkspace(server, id);
});
afterAll(() => server.remove());

/** Code that differs from all versions, so that each deploy creates one. */
const deploy = (message: string) =>
  deployWorkspace(server, workspace.id, {
    files: { 'load.py': `${load}print("${message}")\n` },
    jobs: [defineScriptJob('load')],
    requirements: ['dlt[duckdb]==1.31.0'],
  });

async function runOnce(): Promise<string> {
  const jobRunId = await triggerJob(server, workspace.id, 'jobs.load');
  const { status } = await workspace.awaitEnd(jobRunId);
  if (status !== 'completed') throw new Error(joinLines(await workspace.readLog(jobRunId)));
  return jobRunId;
}

async function readStorage(): Promise<Map<string, StoredKind>> {
  const text = await runAdmin(server, ['storage', '--json']);
  const stored = JSON.parse(text) as StoredKind[];
  return new Map(stored.map((one) => [one.kind, one]));
}

/** A log counts once it is packed, a moment after its run has ended. */
const awaitPackedLogs = (count: number) =>
  eventually(`${count} logs are packed`, async () => (await readStorage()).get('logs')?.count === count);

describe('the storage of a server', () => {
  let first: string;
  let second: string;

  it('is shown by kind, with the default limits', async () => {
    await deploy('first');
    first = await runOnce();
    await deploy('second');
    await deploy('third');
    second = await runOnce();
    await awaitPackedLogs(2);
    const stored = await readStorage();
    expect([...stored.keys()]).toEqual(kinds);
    expect(stored.get('runs')).toMatchObject({ count: 2, limit: '365d', next: { count: 0, bytes: 0 } });
    expect(stored.get('traces')).toMatchObject({ count: 2, limit: '90d' });
    expect(stored.get('packages')).toMatchObject({ count: 6, limit: '180d/20GB' });
    expect(stored.get('environments')).toMatchObject({ count: 1, limit: '30d/20GB' });
    expect(stored.get('pending-packages')).toMatchObject({ count: 0, bytes: 0, limit: '30d/20GB' });
    stored.delete('pending-packages');
    for (const { bytes } of stored.values()) expect(bytes).toBeGreaterThan(0);
    const table = (await runAdmin(server, ['storage'])).trimEnd().split('\n');
    expect(table[0]).toMatch(/^KIND +COUNT +SIZE +OLDEST +LIMIT +REMOVED NEXT$/);
    expect(table.slice(1).map((line) => line.split(' ')[0])).toEqual(kinds);
  });

  it('is purged manually with the server running, and removes what was announced', async () => {
    const before = await countBlobs(server.dataDir);
    const planned = await runAdmin(server, ['purge', '--kind', 'logs', '--older-than', '0d', '--dry-run']);
    expect(planned).toMatch(/^KIND +TO REMOVE +SIZE\nlogs +1 +\d/);
    expect(await countBlobs(server.dataDir)).toBe(before);
    expect(await runAdmin(server, ['purge', '--kind', 'logs', '--older-than', '0d'])).toMatch(
      /\nlogs +1 +\d/,
    );
    expect(await countBlobs(server.dataDir)).toBe(before - 1);
    expect(joinLines(await workspace.readLog(first))).toContain('The log was removed on');
    expect(joinLines(await workspace.readLog(second), 'user')).toContain('third');
  });

  it('keeps the newest of everything and its dependencies, and the job still runs', async () => {
    const purged = await runAdmin(server, ['purge', '--older-than', '0d']);
    expect(purged).toMatch(/\nruns +1 /);
    const stored = await readStorage();
    expect(stored.get('runs')?.count).toBe(1);
    expect(stored.get('logs')?.count).toBe(1);
    expect(stored.get('traces')?.count).toBe(1);
    expect(stored.get('beacons')?.count).toBe(0);
    expect(stored.get('packages')?.count).toBe(2);
    expect(stored.get('environments')?.count).toBe(1);
    const refused = await callRefused(server.url, `/api/v1/workspaces/${workspace.id}/job-runs/${first}`, {
      key: server.key,
    });
    expect(refused).toMatchObject({ status: 404, code: 'not_found' });
    expect(await workspace.latestDeployment()).toMatchObject({ version: 3 });
    const [pipelineRun] = await workspace.listPipelineRuns(second);
    const trace = await server.client.call('get_pipeline_run_trace', {
      params: { workspace_id: workspace.id, pipeline_run_id: pipelineRun?.id ?? '' },
    });
    expect(trace).toMatchObject({ pipeline_name: 'numbers' });
    const third = await runOnce();
    const log = await workspace.readLog(third);
    expect(joinLines(log, 'user')).toContain('third');
    // The environment was kept, so nothing was built.
    expect(joinLines(log, 'setup')).toBe('');
    expect((await workspace.getRun(third)).number).toBe(3);
  });

  it('is purged by the server itself when its limits are exceeded, and manually without a server', async () => {
    await runOnce();
    await awaitPackedLogs(3);
    await server.end('SIGTERM');
    server = await server.restart({ PUMPHOUSE_RETENTION: 'runs=off,logs=5s' });
    await eventually('the server has removed all logs but the newest', async () => {
      return (await readStorage()).get('logs')?.count === 1;
    });
    await server.awaitLogged('removed data past its retention');
    expect((await readStorage()).get('runs')?.count).toBe(3);
    await server.end('SIGTERM');
    expect(await runAdmin(server, ['purge', '--kind', 'runs', '--older-than', '0s'])).toMatch(/\nruns +2 /);
    server = await server.restart();
    expect(await workspace.listRuns('jobs.load')).toHaveLength(1);
    await runOnce();
  });
});

describe('invalid input', () => {
  it.each([
    [
      ['purge', '--older-than', 'yesterday'],
      /--older-than must be an age like 30d, 12h, 30m or 10s, not "yesterday"/,
    ],
    [['purge', '--kind', 'rubbish'], /runs, logs, traces/],
  ])('%j is rejected with a valid alternative', async (args, message) => {
    await expect(runAdmin(server, args)).rejects.toThrow(message);
  });

  it('an invalid retention setting stops the server at its start, with an example', async () => {
    await expect(startTestServer({ PUMPHOUSE_RETENTION: 'logs=90' })).rejects.toThrow(
      /PUMPHOUSE_RETENTION: "logs=90" .*90d\/50GB/,
    );
  });
});
