import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { prepareDltClient, type DltClientInstall } from '../fixtures/dlt-client.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

let install: DltClientInstall;
let server: TestServer;
let parentFolder: string;
let workspace: ClientWorkspace;
/** The same server under another name than the one given to runs. */
let addressInFile: string;

beforeAll(async () => {
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-e2e-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'error' });
  addressInFile = server.url.replace('127.0.0.1', 'localhost');
  install = await prepareDltClient();
  workspace = await createClientWorkspace(
    { install, server, parentFolder, name: 'address' },
    {
      '.dlt/config.toml': `[runtime]\napi_base_url = "${addressInFile}"\n`,
      'show_address.py':
        'import dlt\n\nprint("address in the run:", dlt.config["runtime.api_base_url"])\n' +
        'print("file in the run:", open(".dlt/config.toml").readlines()[1])\n',
    },
  );
});
afterAll(async () => {
  await server?.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

/** Like a new terminal: no variable names the server. */
const dlthub = (args: readonly string[]) =>
  workspace.dlthub(args, { variables: { RUNTIME__API_BASE_URL: undefined } });

describe('api_base_url in .dlt/config.toml', () => {
  it('is kept by workspace connect', async () => {
    expect(await readFile(join(workspace.folder, '.dlt', 'config.toml'), 'utf8')).toContain(addressInFile);
  });

  it.each([
    [['workspace', 'list'], 'address'],
    [['job', 'list'], 'jobs'],
  ])('is used by dlthub %j', async (args, shown) => {
    expect(await dlthub(args)).toContain(shown);
  });

  it('is used by dlthub login', async () => {
    const client = install.inWorkspace(workspace.folder, { apiBaseUrl: server.url, apiKey: null });
    const variables = { RUNTIME__API_BASE_URL: undefined };
    const { stdout } = await client.run(['login', '--device'], { variables });
    expect(stdout).toContain(`${addressInFile}/sign-in/device?user_code=`);
  });

  it('is uploaded with the configuration, but the URL that the server gives to runs takes precedence', async () => {
    const shown = await dlthub(['run', 'show_address.py', '-f']);
    expect(shown).toContain(`file in the run: api_base_url = "${addressInFile}"`);
    expect(shown).toContain(`address in the run: ${server.url}`);
    expect(shown).toContain('finished with status: completed');
  });
});
