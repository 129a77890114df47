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
let signedIn: Record<string, string>;
const clients: OlderClient[] = [];

beforeAll(async () => {
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-older-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn', PUMPHOUSE_MAX_ACTIVE_RUNS: '1' });
  workspace = createApiWorkspace(server, await createWorkspace(server, 'waits'));
  signedIn = {
    RUNTIME__AUTH_TOKEN: (await runAdmin(server, ['create-key', '--email', ownerEmail, '--jwt'])).trim(),
  };
  const files = {
    ...olderWorkspace,
    ...Object.fromEntries(scripts.map((name) => [`${name}.py`, `print("${name} has run")\n`])),
    '.dlt/config.toml': `[runtime]\nworkspace_id = "${workspace.id}"\n`,
  };
  for (const [release] of followCommands) {
    const install = await prepareOlderClient(release);
    clients.push(await createOlderClient({ install, server, folder: join(parentFolder, release) }, files));
  }
  // All have the same files, so there is one version, and one environment.
  for (const client of clients) await client.ask('deploy', signedIn);
  expect(await workspace.latestDeployment()).toMatchObject({ version: 1 });
}, setupTimeoutMs);

afterAll(async () => {
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

async function ask(place: number, command: string): Promise<string> {
  const client = clients[place];
  if (!client) throw new Error(`There is no client ${place}`);
  return client.ask(command, signedIn);
}

it('ten clients that follow waiting runs all see them run, however quickly', async () => {
  await ask(0, 'launch slow.py');
  const [slow] = await workspace.listRuns('jobs.slow');
  await workspace.awaitLine(slow?.id ?? '', 'waiting');

  const followed: Promise<string>[] = [];
  for (const [index, name] of scripts.entries()) {
    const place = index % clients.length;
    followed.push(ask(place, `${followCommands[place]?.[1] ?? ''} ${name}.py`));
    await eventually(`${name} waits`, async () => {
      const [run] = await workspace.listRuns(`jobs.${name}`).catch(() => []);
      return run?.status === 'pending';
    });
  }
  await ask(0, 'cancel slow');

  const outputs = await Promise.all(followed);
  for (const [index, name] of scripts.entries()) {
    expect(outputs[index]).toContain('Run status: starting');
    expect(outputs[index]).toContain(`${name} has run`);
  }
});
