import type { ApiWorkspace } from '../fixtures/api-workspace.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApiWorkspace } from '../fixtures/api-workspace.ts';
import { createOlderClient, olderWorkspace, type OlderClient } from '../fixtures/older-client.ts';
import { createPerson, type Person } from '../fixtures/agree-to-sign-in.ts';
import { ownerEmail, runAdmin, startTestServer, type TestServer } from '../fixtures/server.ts';
import { prepareOlderClient } from '../fixtures/dlt-client.ts';

/*
 * Every command of `dlt runtime` 0.26.1, which deploys job definitions. `older-release-walk.ts` has those
 * before it.
 */

/** A limit for a slow machine, on which the client is installed first. */
const setupTimeoutMs = 600_000;

let server: TestServer;
let parentFolder: string;
let person: Person;
let client: OlderClient;
let workspace: ApiWorkspace;

beforeAll(async () => {
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-older-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
  person = await createPerson(ownerEmail);
  const install = await prepareOlderClient('0.26.1');
  client = await createOlderClient({ install, server, folder: join(parentFolder, 'shop') }, olderWorkspace);
  expect(await client.signIn(person)).toContain(ownerEmail);
  await client.ask('info');
  workspace = createApiWorkspace(server, await client.readWorkspaceId());
}, setupTimeoutMs);

afterAll(async () => {
  await person.close();
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

it('deploys the jobs of the module, and unchanged code only once', async () => {
  expect(await client.ask('deploy --dry-run')).toContain('+ loader');
  await expect(workspace.latestDeployment()).rejects.toThrow('no deployment');
  expect(await client.ask('deploy')).toContain('2 added, 0 updated, 0 archived');
  expect(await client.ask('deploy')).toContain('0 added, 0 updated, 0 archived');
  expect(await workspace.findJob('jobs.loader')).toMatchObject({
    deployment_module: '__deployment__',
    version: 1,
  });
  expect(await workspace.latestDeployment()).toMatchObject({ version: 1 });
  expect(await workspace.latestConfiguration()).toMatchObject({ version: 1 });
  expect(await client.ask('deploy --show-manifest')).toContain('jobs.loader');
});

it('lists versions', async () => {
  const { content_hash: hash } = await workspace.latestDeployment();
  for (const command of ['deployment list', 'deployment info', 'deployment 1 info'])
    expect(await client.ask(command)).toContain(hash);
  for (const command of ['configuration list', 'configuration info', 'configuration 1 info'])
    expect(await client.ask(command)).toContain((await workspace.latestConfiguration()).content_hash);
  expect(await client.askInVain('deployment 7 info')).toContain('There is no deployment 7. (HTTP 404)');
  for (const kind of ['deployment', 'configuration'])
    expect(await client.ask(`${kind} sync`)).toContain('No changes detected');
});

it('launches scripts and follows their logs to the end', async () => {
  const output = await client.ask('launch load.py -f');
  expect(output).toContain('the first line');
  expect(output).toContain('loaded with dlt 1.28.0');
  const [run] = await workspace.listRuns('jobs.load');
  expect(await workspace.listPipelineRuns(run?.id ?? '')).toMatchObject([{ pipeline_name: 'orders' }]);
  expect(await client.ask('launch sub/deep.py -f')).toContain('from the folder');
  expect(await workspace.findJob('jobs.deep')).toMatchObject({ deployment_module: null });
});

it('triggers jobs, and shows jobs, runs and logs', async () => {
  expect(await client.ask('trigger jobs.loader')).toContain('1 job(s) triggered');
  const [run] = await workspace.listRuns('jobs.loader');
  await workspace.awaitEnd(run?.id ?? '');
  expect(await client.ask('logs loader')).toContain('of the module');
  expect(await client.ask('trigger tag:none')).toContain('No jobs matched');
  expect(await client.ask('job list')).toContain('sub.deep');
  expect(await client.ask('job load info')).toContain('batch');
  expect(await client.ask('job-run list')).toContain('completed');
  expect(await client.ask('job-run load list')).toContain('manual:jobs.load');
  expect(await client.ask('job-run load 1 info')).toContain('completed');
  expect(await client.ask('job-run load 1 logs')).toContain('loaded with dlt');
  expect(await client.ask('info')).toContain('Current deployment version: 1');
});

it('starts a job by the name of its pipeline, which no job of this workspace declares', async () => {
  expect(await client.askInVain('run-pipeline orders')).toContain('orders');
});

it('cancels a run, and refuses to start a job that runs', async () => {
  await client.ask('launch slow.py');
  const [run] = await workspace.listRuns('jobs.slow');
  await workspace.awaitLine(run?.id ?? '', 'waiting');
  expect(await client.ask('logs slow')).toContain('waiting');
  expect(await client.ask('launch slow.py')).toContain('already running');
  expect(await client.ask('cancel slow')).toContain('1 run(s) cancelled');
  expect(await workspace.awaitEnd(run?.id ?? '')).toMatchObject({ status: 'cancelled' });
  expect(await client.askInVain('job-run slow 1 cancel')).toContain('already ended');
});

it('serves, publishes and stops a notebook', async () => {
  expect(await client.ask('serve notebook.py')).toContain('Run status: running');
  expect(await client.ask('publish notebook.py')).toContain('enabled successfully');
  expect((await workspace.findJob('jobs.notebook')).public_url).not.toBeNull();
  expect(await client.ask('unpublish notebook')).toContain('disabled successfully');
  expect((await workspace.findJob('jobs.notebook')).public_url).toBeNull();
  await client.ask('cancel notebook');
  const [run] = await workspace.listRuns('jobs.notebook');
  await workspace.awaitEnd(run?.id ?? '');
});

it('opens the dashboard of the workspace', async () => {
  const { job_url: address } = await workspace.findJob('jobs.workspace.dashboard');
  expect(await client.ask('dashboard')).toContain(address);
});

it('creates, lists and switches workspaces', async () => {
  await client.ask('workspace switch reports');
  expect(await client.readWorkspaceId()).not.toBe(workspace.id);
  expect(await client.ask('workspace list')).toMatch(/default[\s\S]+\* reports/);
  expect(await client.ask('job list')).toContain('No jobs found');
  await client.ask('workspace switch default');
  expect(await client.readWorkspaceId()).toBe(workspace.id);
});

it('places a configuration file of a profile', async () => {
  await client.write({ '.dlt/prod.config.toml': 'place = "prod"\n' });
  await client.write({
    'place.py': 'import dlt\n\nif __name__ == "__main__":\n    print(dlt.config["place"])\n',
  });
  expect(await client.ask('launch place.py -f')).toMatch(/\[program\] prod$/m);
  expect(await workspace.latestConfiguration()).toMatchObject({ version: 2, profiles: ['prod'] });
});

it('signs out, and signs in again while a restarted server keeps the session', async () => {
  await client.ask('logout');
  expect(await client.askInVain('workspace list')).toContain('Not logged in');
  expect(await client.signIn(person)).toContain(ownerEmail);
  await server.end('SIGTERM');
  server = await server.restart();
  workspace = createApiWorkspace(server, workspace.id);
  expect(await client.ask('job list')).toContain('sub.deep');
});

it('works with a key of the workspace, as in CI, until the key is revoked', async () => {
  const options = ['--email', ownerEmail, '--workspace', workspace.id, '--name', 'ci', '--jwt'];
  const token = (await runAdmin(server, ['create-key', ...options])).trim();
  const variables = { RUNTIME__AUTH_TOKEN: token, RUNTIME__WORKSPACE_ID: workspace.id };
  await client.ask('logout');
  expect(await client.ask('launch sub/deep.py -f', variables)).toContain('from the folder');
  const [prefix = ''] = /^\S+(?=\s+ci\s)/m.exec(await runAdmin(server, ['list-keys'])) ?? [];
  await runAdmin(server, ['revoke-key', prefix]);
  await expect.poll(async () => (await client.run('job list', { variables })).code).toBe(255);
  expect(await client.askInVain('job list', variables)).toContain('(HTTP 401)');
});
