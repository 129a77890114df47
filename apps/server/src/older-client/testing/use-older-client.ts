import type { ApiFixture, TestCaller } from '../../api/testing/api-fixture.ts';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { buildArchive } from '../../../../../testing/fixtures/workspace-archive.ts';
import { createApiFixture } from '../../api/testing/api-fixture.ts';

const newest = 'dlt-runtime-cli/0.26.1';

interface CallOptions {
  payload?: object;
  caller?: TestCaller;
  agent?: string;
}

export type Answer = Record<string, unknown>;

/** Gives the tests of a file an API, each test a new workspace, and calls of the older client. */
export function useOlderClient() {
  let api: ApiFixture;
  let url: string;
  let context: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;

  beforeAll(async () => {
    api = await createApiFixture();
    url = await api.app.listen({ host: '127.0.0.1', port: 0 });
  });
  beforeEach(async () => {
    context = await api.createWorkspaceFixture();
  });
  afterAll(() => api.close());

  /** Calls a route below the workspace, or below `/v1` for a path with a slash. */
  async function send(method: string, path: string, { payload, caller, agent = newest }: CallOptions = {}) {
    const response = await api.app.inject({
      method: method as 'GET',
      url: path.startsWith('/') ? `/v1${path}` : `/v1/workspaces/${context.workspace.id}/${path}`,
      headers: { authorization: `Bearer ${(caller ?? context.owner).key}`, 'user-agent': agent },
      ...(payload ? { payload } : {}),
    });
    return {
      status: response.statusCode,
      body: response.body,
      json: () => JSON.parse(response.body) as Answer,
    };
  }

  async function ask(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const response = await send(method, path, options);
    expect(response.status, response.body).toBeLessThan(300);
    return response.json();
  }

  async function upload(kind: 'deployments' | 'configurations', parts: Record<string, Uint8Array | string>) {
    const form = new FormData();
    for (const [name, content] of Object.entries(parts))
      form.append(name, new Blob([typeof content === 'string' ? content : Buffer.from(content)]), name);
    const response = await fetch(`${url}/v1/workspaces/${context.workspace.id}/${kind}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${context.owner.key}` },
      body: form,
    });
    return { status: response.status, body: (await response.json()) as Answer };
  }

  /** Uploads code and configuration. */
  async function uploadBoth(): Promise<void> {
    expect((await upload('deployments', { file: buildOlderArchive(olderCode) })).status).toBe(201);
    const archive = buildOlderArchive({ 'config.toml': 'a = 1\n', 'prod.config.toml': '' });
    expect((await upload('configurations', { file: archive })).status).toBe(201);
  }

  /** Deploys the jobs of a module. */
  async function deployModule(jobs: readonly unknown[]): Promise<void> {
    const at = { workspaceId: context.workspace.id, membershipId: context.owner.membershipId };
    await api.services.deploy({ ...at, jobs, deploymentModule: '__deployment__', dryRun: false });
  }

  return {
    get api() {
      return api;
    },
    get context() {
      return context;
    },
    send,
    ask,
    upload,
    uploadBoth,
    deployModule,
  };
}

export const olderCode = {
  'pipeline.py': 'print(1)\n',
  'a/deep.py': 'print(2)\n',
  'requirements.txt': 'dlt==1.27.0\n',
};

/** An archive of dlt before 1.26, whose manifest lists neither hashes nor links. */
export function buildOlderArchive(files: Record<string, string>): Buffer {
  const items = Object.entries(files)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, content]) => `- relative_path: ${name}\n  size_in_bytes: ${Buffer.byteLength(content)}\n`);
  return buildArchive(files, { manifest: `engine_version: 1\nfiles:\n${items.join('')}` });
}

/** The hash that dlt before 1.26 computes. */
export function hashOlder(files: Record<string, string>): string {
  const hash = createHash('sha3-256');
  for (const name of Object.keys(files).toSorted()) hash.update(`files/${name}`).update(files[name] ?? '');
  return hash.digest('base64');
}
