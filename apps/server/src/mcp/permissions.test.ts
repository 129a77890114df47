import type { ApiFixture, TestCaller } from '../api/testing/api-fixture.ts';
import type { Scene } from '../api/testing/audit-scene.ts';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectMcp } from './testing/mcp-client.ts';
import { createApiFixture } from '../api/testing/api-fixture.ts';
import { createKeys } from '../services/keys/keys.ts';
import { createScene } from '../api/testing/audit-scene.ts';
import { openSpool } from '../api/testing/open-spool.ts';
import { readCapturedBody } from '../../../../testing/fixtures/captured-bodies.ts';

/*
 * Permissions of each tool. Tools call operations of the API; these tests verify that: who has access, who
 * does not, and that hidden resources look missing.
 */

let api: ApiFixture;
let url: string;
let own: Scene;
let other: Scene;
/** Ids to ask for, by scene. */
let things: Record<'own' | 'other', Record<string, string>>;

beforeAll(async () => {
  api = await createApiFixture();
  [own, other] = [await createScene(api), await createScene(api)];
  things = { own: await createThings(own), other: await createThings(other) };
  url = await api.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => api.close());

/** A run that reported a pipeline run with its own pipeline and dataset, and another active run. */
async function createThings({ startRun, jobId }: Scene): Promise<Record<string, string>> {
  const run = await startRun();
  const names = { pipeline_name: randomUUID(), dataset_name: randomUUID() };
  const send = await openSpool(api, run);
  for (const [type, body] of [
    ['state', 'ok/001-state'],
    ['trace', 'ok/002-trace'],
  ] as const) {
    const text = JSON.stringify(readCapturedBody(body));
    await send(
      type,
      text.replaceAll('orders_pipeline', names.pipeline_name).replaceAll('shop_data', names.dataset_name),
    );
  }
  const { id } = await api.createAttempt(await startRun());
  return { job_id: jobId, job_run_id: run.id, attempt_id: id, ...names };
}

/** Every tool that needs a workspace, with its further arguments. */
const ofWorkspaces: [name: string, asked: string[]][] = [
  ['list_jobs', []],
  ['get_job', ['job_id']],
  ['list_runs', []],
  ['get_run', ['job_run_id']],
  ['read_run_log', ['job_run_id']],
  ['search_run_log', ['job_run_id']],
  ['compare_run_with_last_good', ['job_run_id']],
  ['list_pipelines', []],
  ['get_pipeline', ['pipeline_name']],
  ['list_datasets', []],
  ['get_dataset', ['dataset_name']],
  ['list_schema_changes', []],
  ['list_next_starts', []],
  ['get_usage', []],
  ['get_cost', []],
];

function argumentsOf(asked: readonly string[], context: 'own' | 'other', workspaceId?: string): object {
  const scene = context === 'own' ? own : other;
  const values = Object.fromEntries(asked.map((name) => [name, things[context][name]]));
  return { workspace_id: workspaceId ?? scene.workspace.id, ...values };
}

type Caller = Pick<TestCaller, 'key'>;

async function as<Answer>(
  { key }: Caller,
  look: (mcp: Awaited<ReturnType<typeof connectMcp>>) => Promise<Answer>,
): Promise<Answer> {
  const mcp = await connectMcp(url, key);
  try {
    return await look(mcp);
  } finally {
    await mcp.close();
  }
}

async function createWorkspaceKey({ owner, workspace }: Scene): Promise<Caller> {
  const wanted = { name: 'test', days: null, role: 'viewer' as const };
  const { secret } = await createKeys(api.persistence).createOfWorkspace(
    owner.principal,
    workspace.id,
    wanted,
  );
  return { key: secret };
}

const createRunToken = async (): Promise<Caller> => ({
  key: await api.credentials.issueRunToken(things.own['attempt_id'] ?? ''),
});

it('covers every tool', async () => {
  const tools = await as(own.owner, (mcp) => mcp.listTools());
  expect(tools.map(({ name }) => name).toSorted()).toEqual(
    ['list_workspaces', ...ofWorkspaces.map(([name]) => name)].toSorted(),
  );
});

describe.each(ofWorkspaces)('%s', (name, asked) => {
  it('serves callers who may read the workspace', async () => {
    const viewer = await own.addMember('collaborator', 'viewer');
    const { jwt } = await api.signIn.sessions.begin({ userId: viewer.userId, client: 'test' });
    for (const caller of [viewer, { key: jwt }, await createWorkspaceKey(own), own.owner]) {
      const answer = await as(caller, (mcp) => mcp.ask(name, argumentsOf(asked, 'own')));
      expect(answer['url']).toContain(`/w/${own.workspace.id}`);
    }
  });

  it('gives the same response for a hidden workspace as for a missing one', async () => {
    const strangers = {
      'the owner of another organization': own.owner,
      'the key of another workspace': await createWorkspaceKey(own),
      'a member of the organization without a role in the workspace': await other.addMember('member'),
      'the code of a run': await createRunToken(),
    };
    const nowhere = randomUUID();
    for (const [who, stranger] of Object.entries(strangers)) {
      const [hidden, missing] = await as(stranger, async (mcp) => [
        await mcp.refusalOf(name, argumentsOf(asked, 'other')),
        await mcp.refusalOf(name, argumentsOf(asked, 'other', nowhere)),
      ]);
      const because = (id: string) => ({ code: 'not_found', detail: `There is no workspace ${id}.` });
      expect({ who, ...hidden }).toEqual({ who, ...because(other.workspace.id) });
      expect({ who, ...missing }).toEqual({ who, ...because(nowhere) });
    }
  });

  it('reveals nothing from another workspace', async () => {
    if (asked.length === 0) return;
    const output = await as(own.owner, (mcp) =>
      mcp.refusalOf(name, argumentsOf(asked, 'other', own.workspace.id)),
    );
    expect(output.code).toBe('not_found');
  });

  it('gives the code of a run the same access as the API', async () => {
    const runToken = await createRunToken();
    if (name === 'list_datasets') {
      // In the API this requires a data plane token, which runs do not get.
      const output = await as(runToken, (mcp) => mcp.refusalOf(name, argumentsOf(asked, 'own')));
      expect(output).toEqual({
        code: 'forbidden',
        detail: 'Your role does not have the permission dataplane-token.issue.',
      });
    } else if (name === 'get_cost') {
      const output = await as(runToken, (mcp) => mcp.refusalOf(name, argumentsOf(asked, 'own')));
      expect(output.code).toBe('forbidden');
    } else {
      const answer = await as(runToken, (mcp) => mcp.ask(name, argumentsOf(asked, 'own')));
      expect(answer['notes']).toEqual([]);
    }
  });
});

describe('list_workspaces', () => {
  const idsOf = async (caller: Caller, args: object = {}) => {
    const { organizations } = await as(caller, (mcp) =>
      mcp.ask<{ organizations: { workspaces: { id: string }[] }[] }>('list_workspaces', args),
    );
    return organizations.flatMap(({ workspaces }) => workspaces.map(({ id }) => id));
  };

  it('lists only what the caller may read', async () => {
    expect(await idsOf(own.owner)).toEqual([own.workspace.id]);
    expect(await idsOf(await own.addMember('collaborator', 'viewer'))).toEqual([own.workspace.id]);
    expect(await idsOf(await createWorkspaceKey(own))).toEqual([own.workspace.id]);
    expect(await idsOf(await own.addMember('collaborator'))).toEqual([]);
  });

  it('treats a hidden organization as missing', async () => {
    const args = { organization_id: other.organization.id };
    const output = await as(own.owner, (mcp) => mcp.refusalOf('list_workspaces', args));
    expect(output).toEqual({
      code: 'not_found',
      detail: `There is no organization ${other.organization.id}.`,
    });
  });

  it('is denied to the code of a run, which has no account', async () => {
    const output = await as(await createRunToken(), (mcp) => mcp.refusalOf('list_workspaces', {}));
    expect(output.code).toBe('forbidden');
  });
});

describe('an invalid key', () => {
  it.each(['expired', 'revoked'] as const)('is rejected when it is %s', async (state) => {
    const { secret } = await api.createKey(own.owner.userId, state);
    await expect(connectMcp(url, secret)).rejects.toThrow(/not_authenticated/);
  });

  it('is rejected as soon as it is revoked', async () => {
    const { secret, principal } = await api.createKey(own.owner.userId);
    const mcp = await connectMcp(url, secret);
    await createKeys(api.persistence, api.credentials.forget).revokePersonal(
      principal,
      principal.credential?.id ?? '',
    );
    await expect(mcp.call('list_workspaces', {})).rejects.toThrow(/not_authenticated/);
    await mcp.close();
  });
});
