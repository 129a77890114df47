import type { ApiWorkspace } from '../fixtures/api-workspace.ts';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { createOlderClient, type OlderClient } from '../fixtures/older-client.ts';
import { ownerEmail, runAdmin, startTestServer, type TestServer } from '../fixtures/server.ts';
import { prepareDltClient, prepareOlderClient, type OlderRelease } from '../fixtures/dlt-client.ts';

/** A limit for a slow machine, on which the clients are installed first. */
const setupTimeoutMs = 600_000;

const requirement = 'dlt[duckdb]==1.31.0\n';
const files = {
  'load.py': 'if __name__ == "__main__":\n    print("loaded")\n',
  'sub/deep.py': 'print("from the folder")\n',
  'loader.py': 'print("of the module")\n',
  '__deployment__.py': 'import loader\n\n__all__ = ["loader"]\n',
  'requirements.txt': requirement,
};

let server: TestServer;
let parentFolder: string;
let current: ClientWorkspace;
let workspace: ApiWorkspace;
let newest: OlderClient;
let older: OlderClient;

beforeAll(async () => {
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-two-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
  const install = await prepareDltClient();
  current = await createClientWorkspace({ install, server, parentFolder, name: 'shop' }, files);
  workspace = current.api;
  newest = await createClient('0.26.1');
  older = await createClient('0.23.0');
}, setupTimeoutMs);

afterAll(async () => {
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

/** The same workspace in another folder, with the same configuration. */
async function createClient(release: OlderRelease): Promise<OlderClient> {
  const install = await prepareOlderClient(release);
  const configuration = await readFile(join(current.folder, '.dlt', 'config.toml'), 'utf8');
  return createOlderClient(
    { install, server, folder: join(parentFolder, release) },
    { ...files, '.dlt/config.toml': configuration },
  );
}

it('alternate on one workspace: one version of everything, and runs that all of them see', async () => {
  const token = (await runAdmin(server, ['create-key', '--email', ownerEmail, '--jwt'])).trim();
  const signedIn = { RUNTIME__AUTH_TOKEN: token };
  const jobs: unknown[] = [];
  for (const round of ['first', 'second']) {
    await current.dlthub(['deploy']);
    expect(await current.dlthub(['run', 'load.py', '-f'])).toContain('loaded');
    expect(await newest.ask('launch load.py -f', signedIn), round).toContain('loaded');
    await newest.ask('deploy', signedIn);
    expect(await older.ask('launch load.py', signedIn), round).toContain('loaded');
    await older.ask('deploy', signedIn);
    const { id, version, deployment_module: module } = await workspace.findJob('jobs.load');
    jobs.push({ id, version, module });
  }
  expect(jobs).toEqual([jobs[0], { ...(jobs[0] as object), version: 1 }]);
  expect(await workspace.findJob('jobs.loader')).toMatchObject({
    version: 1,
    deployment_module: '__deployment__',
  });
  expect(await workspace.latestDeployment()).toMatchObject({ version: 1 });
  expect(await workspace.latestConfiguration()).toMatchObject({ version: 1 });

  const runs = await workspace.listRuns('jobs.load');
  expect(runs.map(({ number, status }) => [number, status])).toEqual(
    [1, 2, 3, 4, 5, 6].map((number) => [number, 'completed']),
  );
  for (const client of [newest, older]) {
    expect(await client.ask('job-run jobs.load 1 logs', signedIn)).toContain('loaded');
    expect(await client.ask('job-run jobs.load list', signedIn)).toMatch(/\b6\b/);
  }
  expect(await current.dlthub(['job', 'logs', 'jobs.load'])).toContain('loaded');
});
