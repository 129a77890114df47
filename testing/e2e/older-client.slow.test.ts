import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPerson, type Person } from '../fixtures/agree-to-sign-in.ts';
import { createOlderClient, type OlderClient } from '../fixtures/older-client.ts';
import { createApiWorkspace, type ApiWorkspace } from '../fixtures/api-workspace.ts';
import { ownerEmail, startTestServer, type TestServer } from '../fixtures/server.ts';
import { prepareOlderClient } from '../fixtures/dlt-client.ts';

/** A limit for a slow machine, on which the clients are installed first. */
const setupTimeoutMs = 600_000;

let server: TestServer;
let parentFolder: string;
let person: Person;

beforeAll(async () => {
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-older-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
  person = await createPerson(ownerEmail);
}, setupTimeoutMs);

afterAll(async () => {
  await person.close();
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

const script = `
import time
print("the first line")
time.sleep(0.1)
print("the last line")
`;

const files = {
  'pipeline.py': script,
  'sub/deep.py': 'print("from the folder")\n',
  'slow.py': 'import time\nprint("waiting", flush=True)\ntime.sleep(600)\n',
  'requirements.txt': 'dlt[duckdb]==1.28.0\n',
  '.python-version': '3.11\n',
};

describe('dlt runtime 0.26.1', () => {
  let client: OlderClient;
  let workspace: ApiWorkspace;

  beforeAll(async () => {
    const install = await prepareOlderClient('0.26.1');
    client = await createOlderClient({ install, server, folder: join(parentFolder, 'newest') }, files);
    expect(await client.signIn(person)).toContain(ownerEmail);
    await client.ask('info');
    workspace = createApiWorkspace(server, await client.readWorkspaceId());
  }, setupTimeoutMs);

  it('deploys nothing before the first deploy', async () => {
    expect(await client.ask('deployment list')).toBeDefined();
    expect(await workspace.listRuns('jobs.pipeline').catch(() => [])).toEqual([]);
  });

  it('launches a script and follows its log to the end', async () => {
    const output = await client.ask('launch pipeline.py -f');
    expect(output).toContain('the first line');
    expect(output).toContain('the last line');
  });
});
