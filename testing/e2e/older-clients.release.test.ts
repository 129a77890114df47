import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { prepareDltClient, type DltClientInstall } from '../fixtures/dlt-client.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

/** A limit for a slow machine, on which the clients are installed first. */
const setupTimeoutMs = 600_000;
const advice = "upgrade it: pip install --upgrade 'dlthub-client>=0.28.7'";

let install: DltClientInstall;
let server: TestServer;
let parentFolder: string;

beforeAll(async () => {
  install = await prepareDltClient();
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-older-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
}, setupTimeoutMs);

afterAll(async () => {
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

describe.each(['0.28.0', '0.27.9'])('dlthub-client %s', (version) => {
  let workspace: ClientWorkspace;
  let old: ReturnType<DltClientInstall['inWorkspace']>;

  beforeAll(async () => {
    // Connected with the current client, like a colleague's workspace: the older one finds the connection in
    // the settings.
    workspace = await createClientWorkspace(
      { install, server, parentFolder, name: `of-${version}` },
      { 'hello.py': 'print("hello")\n' },
    );
    const oldInstall = await prepareDltClient({ version });
    old = oldInstall.inWorkspace(workspace.folder, { apiBaseUrl: server.url, apiKey: server.key });
  }, setupTimeoutMs);

  it.each<[command: string, variables: NodeJS.ProcessEnv]>([
    ['login --device', { RUNTIME__API_KEY: '' }],
    ['workspace connect shop --create', {}],
    ['deploy', {}],
    ['run hello.py -f', {}],
    ['job logs jobs.hello', {}],
  ])('tells the user of `dlthub %s` to upgrade', async (command, variables) => {
    const { code, stdout, stderr } = await old.run(command.split(' '), { variables });
    expect(code).toBe(255);
    expect(stdout.trim()).toBe('');
    expect(stderr).toContain(
      `The installed client, version ${version}, is too old for this server; ${advice}`,
    );
    expect(stderr).not.toMatch(/traceback/i);
  });

  it('leaves the workspace unchanged, so that the current client can continue with it', async () => {
    const params = { workspace_id: workspace.api.id };
    for (const list of ['list_deployments', 'list_configurations', 'list_jobs', 'list_job_runs'] as const)
      expect((await server.client.call(list, { params })).items).toEqual([]);
    const output = await workspace.dlthub(['run', 'hello.py', '-f']);
    expect(output).toContain('finished with status: completed');
  });
});
