import type { UpdateWorkspaceVariablesRequest } from '@pumphouse/contract';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { joinLines } from '../fixtures/api-workspace.ts';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { prepareDltClient } from '../fixtures/dlt-client.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

const secret = 'trout-5521/+y';
/** Exit code of the client when the server has rejected a command, or something was missing. */
const refusedCode = 255;

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
    for name in ("GREETING", "SCOPE", "ONLY_ELSEWHERE"):
        print(name, "is", os.environ.get(name, "not set"))
    print("token", os.environ["SHOP_TOKEN"], len(os.environ["SHOP_TOKEN"]))
    print("region", dlt.config["shop.region"])
`,
      '.dlt/config.toml': '[shop]\nregion = "from the file"\n',
    },
  );
});

afterAll(async () => {
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

/** Runs `dlthub variable <args>`; returns its output on one line. */
async function variable(args: readonly string[], options?: { expectedCode?: number }): Promise<string> {
  return (await workspace.dlthub(['variable', ...args], options)).replaceAll(/\s+/g, ' ');
}

async function change(body: UpdateWorkspaceVariablesRequest): Promise<void> {
  await server.client.call('update_workspace_variables', {
    params: { workspace_id: workspace.api.id },
    body,
  });
}

async function listNames(): Promise<(string | null | undefined)[][]> {
  const params = { workspace_id: workspace.api.id };
  const { scopes } = await server.client.call('list_workspace_variables', { params });
  return scopes.flatMap(({ profile, variables }) =>
    variables.map(({ name, type, value }) => [profile, name, type, value]),
  );
}

/** Removes everything that a test has set. */
async function removeAll(): Promise<void> {
  for (const [profile = null, name = ''] of await listNames())
    await change({ profile, deletes: [name ?? ''] });
}

const plain = (name: string, value: string) => ({ name, type: 'plain' as const, value });

beforeEach(removeAll);

// A command of the client takes seconds on a busy machine.
describe('dlthub variable', () => {
  it('sets plain and secret variables in both scopes', async () => {
    const set = (name: string, value: string, ...flags: string[]) =>
      variable(['set', name, '--value', value, ...flags]);
    expect(await set('GREETING', 'good morning', '--plain', '--workspace')).toContain('Set GREETING');
    expect(await set('SHOP_TOKEN', secret, '--secret', '--profile', 'prod')).not.toContain(secret);
    expect(await set('EMPTY', '', '--plain', '--profile', 'prod')).toContain('Set EMPTY');
    expect(await listNames()).toEqual([
      [null, 'GREETING', 'plain', 'good morning'],
      ['prod', 'EMPTY', 'plain', ''],
      ['prod', 'SHOP_TOKEN', 'secret', undefined],
    ]);
  });

  it('lists variables of all scopes or of one, without secrets', async () => {
    expect(await variable(['list'])).toContain('No variables set');
    await change({ profile: null, upserts: [plain('SCOPE', 'of the workspace')] });
    await change({
      profile: 'prod',
      upserts: [plain('SCOPE', 'of the profile'), { name: 'SHOP_TOKEN', type: 'secret', value: secret }],
    });
    const all = await variable(['list']);
    for (const text of ['of the workspace', 'of the profile', 'SHOP_TOKEN', 'secret'])
      expect(all).toContain(text);
    expect(all).not.toContain(secret);
    const ofWorkspace = await variable(['list', '--workspace']);
    expect(ofWorkspace).toContain('of the workspace');
    expect(ofWorkspace).not.toContain('of the profile');
    const ofProfile = await variable(['list', '--profile', 'prod']);
    expect(ofProfile).toContain('of the profile');
    expect(ofProfile).not.toContain('of the workspace');
  });

  it('shows why a name or a profile is rejected', async () => {
    const reserved = ['set', 'PATH', '--value', 'x', '--plain', '--workspace'];
    expect(await variable(reserved, { expectedCode: refusedCode })).toContain(
      'PATH is reserved: Pumphouse sets it in every run. Choose another name.',
    );
    const preload = ['set', 'LD_PRELOAD', '--value', 'x', '--plain', '--workspace'];
    expect(await variable(preload, { expectedCode: refusedCode })).toContain(
      'LD_PRELOAD is reserved: the dynamic loader reads it',
    );
    const local = ['set', 'A', '--value', 'x', '--plain', '--profile', 'dev'];
    expect(await variable(local, { expectedCode: refusedCode })).toContain(
      "profile 'dev' is for local use only",
    );
    expect(await listNames()).toEqual([]);
  });

  it('deletes, and fails for missing variables unless that is allowed', async () => {
    await change({ profile: 'prod', upserts: [plain('GREETING', 'good morning')] });
    const removal = ['delete', 'GREETING', '--profile', 'prod', '-y'];
    expect(await variable(removal)).toContain('Removed GREETING');
    expect(await listNames()).toEqual([]);
    expect(await variable(removal, { expectedCode: refusedCode })).toContain('GREETING does not exist');
    expect(await variable([...removal, '--allow-missing'])).toContain('GREETING not found');
  });
});

describe('a run', () => {
  it('has the variables, its profile’s first, and secrets masked in its log', async () => {
    await change({
      profile: null,
      upserts: [
        plain('GREETING', 'good morning'),
        plain('SCOPE', 'of the workspace'),
        plain('SHOP__REGION', 'from a variable'),
        { name: 'SHOP_TOKEN', type: 'secret', value: secret },
      ],
    });
    await change({ profile: 'prod', upserts: [plain('SCOPE', 'of the profile')] });
    await change({ profile: 'other', upserts: [plain('ONLY_ELSEWHERE', 'x')] });
    const output = await workspace.dlthub(['run', 'show.py', '-f']);
    const [run] = await workspace.api.listRuns('jobs.show');
    const log = joinLines(await workspace.api.readLog(run?.id ?? ''), 'user');
    expect(log.split('\n')).toEqual([
      'GREETING is good morning',
      'SCOPE is of the profile',
      'ONLY_ELSEWHERE is not set',
      `token *** ${secret.length}`,
      'region from a variable',
    ]);
    for (const form of [secret, encodeURIComponent(secret)])
      expect([output, log, server.log()].join('\n')).not.toContain(form);
  });
});
