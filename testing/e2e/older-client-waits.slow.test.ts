import type { ApiWorkspace } from '../fixtures/api-workspace.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApiWorkspace } from '../fixtures/api-workspace.ts';
import { createOlderClient, olderWorkspace, type OlderClient } from '../fixtures/older-client.ts';
import { createWorkspace } from '../fixtures/deploy-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { ownerEmail, runAdmin, startTestServer, type TestServer } from '../fixtures/server.ts';
import { prepareOlderClient, type OlderRelease } from '../fixtures/dlt-client.ts';

/** A limit for a slow machine, on which the clients are installed first. */
const setupTimeoutMs = 600_000;

const followCommands: [release: OlderRelease, command: string][] = [
  ['0.26.1', 'launch -f'],
  ['0.24.1', 'launch -f'],
  ['0.23.0', 'launch'],
  ['0.21.2', 'launch'],
  ['0.20.1', 'launch'],
];
const scripts = Array.from({ length: 2 * followCommands.length }, (_, index) => `quick_${index}`);

let server: TestServer;
let parentFolder: string;
let workspace: ApiWorkspace;
const clients: OlderClient[] = [];

beforeAll(async () => {
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-older-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn', PUMPHOUSE_MAX_ACTIVE_RUNS: '1' });
  workspace = createApiWorkspace(server, await createWorkspace(server, 'waits'));
  const token = (await runAdmin(server, ['create-key', '--email', ownerEmail, '--jwt'])).trim();
  const files = {
    ...olderWorkspace,
    ...Object.fromEntries(scripts.map((name) => [`${name}.py`, `print("${name} has run")\n`])),
    '.dlt/config.toml': `[runtime]\nworkspace_id = "${workspace.id}"\nauth_token = "${token}"\n`,
  };
  for (const [release] of followCommands) {
    const install = await prepareOlderClient(release);
    clients.push(await createOlderClient({ install, server, folder: join(parentFolder, release) }, files));
  }
  // All have the same files, so there is one version, and one environment.
  for (const client of clients) await client.ask('deploy');
  expect(await workspace.latestDeployment()).toMatchObject({ version: 1 });
}, setupTimeoutMs);

afterAll(async () => {
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

it('ten clients that follow waiting runs all see them run, however quickly', async () => {
  await clients[0]?.ask('launch slow.py');
  const [slow] = await workspace.listRuns('jobs.slow');
  await workspace.awaitLine(slow?.id ?? '', 'waiting');

  const followed = scripts.map((name, index) => {
    const place = index % clients.length;
    return clients[place]?.ask(`${followCommands[place]?.[1] ?? ''} ${name}.py`);
  });
  await eventually('all runs wait', async () => {
    const { items } = await server.client.call('list_job_runs', {
      params: { workspace_id: workspace.id },
      query: { status: ['pending'], limit: 100 },
    });
    return items.length === scripts.length;
  });
  await clients[0]?.ask('cancel slow');

  const outputs = await Promise.all(followed);
  for (const [index, name] of scripts.entries()) {
    expect(outputs[index]).toContain('Run status: starting');
    expect(outputs[index]).toContain(`${name} has run`);
  }
});
