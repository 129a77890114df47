import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinLines } from '../fixtures/api-workspace.ts';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { prepareDltClient } from '../fixtures/dlt-client.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

const secret = 'trout-5521/+y';

let server: TestServer;
let parentFolder: string;
let workspace: ClientWorkspace;

beforeAll(async () => {
  const install = await prepareDltClient();
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-variables-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
  workspace = await createClientWorkspace(
    { install, server, parentFolder, name: 'variables' },
    {
      'show.py': `
import os
import dlt

if __name__ == "__main__":
    for name in ("GREETING", "SCOPE", "ONLY_HERE"):
        print(name, "is", os.environ.get(name, "not set"))
    print("token", os.environ["SHOP_TOKEN"], len(os.environ["SHOP_TOKEN"]))
    print("config says", dlt.config["shop.region"])
    print("profile", os.environ["WORKSPACE__PROFILE"])
`,
      '.dlt/config.toml': '[shop]\nregion = "from the file"\n',
    },
  );
});

afterAll(async () => {
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

const variable = (args: string, options?: { expectedCode?: number }) =>
  workspace.dlthub(['variable', ...args.split(' ')], options);

const set = (name: string, value: string, ...flags: string[]) =>
  workspace.dlthub(['variable', 'set', name, '--value', value, ...flags]);

describe('dlthub variable', () => {
  it('lists nothing at first', async () => {
    expect(await variable('list')).toContain('No variables set');
  });

  it('sets plain and secret ones in both scopes, and shows all but secrets', async () => {
    expect(await set('GREETING', 'good morning', '--plain', '--workspace')).toContain('Set GREETING');
    await set('SCOPE', 'of the workspace', '--plain', '--workspace');
    await set('SCOPE', 'of the profile', '--plain', '--profile', 'prod');
    await set('ONLY_HERE', 'elsewhere', '--plain', '--profile', 'other');
    await set('SHOP__REGION', 'from a variable', '--plain', '--workspace');
    await set('SHOP_TOKEN', secret, '--secret', '--workspace');
    const all = await variable('list');
    for (const text of [
      'GREETING',
      'good morning',
      'of the workspace',
      'of the profile',
      'elsewhere',
      'SHOP_TOKEN',
    ])
      expect(all).toContain(text);
    expect(all).not.toContain(secret);
    const ofWorkspace = await variable('list --workspace');
    expect(ofWorkspace).toContain('of the workspace');
    expect(ofWorkspace).not.toContain('of the profile');
    const ofProfile = await variable('list --profile prod');
    expect(ofProfile).toContain('of the profile');
    expect(ofProfile).not.toContain('good morning');
  });

  it('refuses a name that Pumphouse sets, and says so', async () => {
    const said = await variable('set PATH --value x --plain --workspace', { expectedCode: 1 });
    expect(said.replaceAll(/\s+/g, ' ')).toContain('Pumphouse sets or keeps PATH itself');
    const local = await variable('set A --value x --plain --profile dev', { expectedCode: 1 });
    expect(local.replaceAll(/\s+/g, ' ')).toContain("profile 'dev' is for local use only");
  });
});

describe('a run', () => {
  it('has the variables, its profile’s first, with secrets masked in its log', async () => {
    const output = await workspace.dlthub(['run', 'show.py', '-f']);
    for (const line of [
      'GREETING is good morning',
      'SCOPE is of the profile',
      'ONLY_HERE is not set',
      `token *** ${secret.length}`,
      'config says from a variable',
      'profile prod',
    ])
      expect(output).toContain(line);
    const [run] = await workspace.api.listRuns('jobs.show');
    const said = [output, joinLines(await workspace.api.readLog(run?.id ?? '')), server.log()].join('\n');
    for (const form of [secret, encodeURIComponent(secret)]) expect(said).not.toContain(form);
  });

  it('gets what is set when it begins', async () => {
    await set('GREETING', 'good evening', '--plain', '--workspace');
    expect(await variable('delete SCOPE --profile prod -y')).toContain('Removed SCOPE');
    const output = await workspace.dlthub(['run', 'show.py', '-f']);
    expect(output).toContain('GREETING is good evening');
    expect(output).toContain('SCOPE is of the workspace');
  });
});

describe('dlthub variable delete', () => {
  it('ends with 1 for a variable that is not there, unless that is allowed', async () => {
    expect(await variable('delete NEVER --workspace -y', { expectedCode: 1 })).toContain('does not exist');
    expect(await variable('delete NEVER --workspace -y --allow-missing')).toContain('not found');
  });

  it('takes variables away', async () => {
    for (const name of ['GREETING', 'SCOPE', 'SHOP__REGION', 'SHOP_TOKEN'])
      await variable(`delete ${name} --workspace -y`);
    await variable('delete ONLY_HERE --profile other -y');
    expect(await variable('list')).toContain('No variables set');
  });
});
