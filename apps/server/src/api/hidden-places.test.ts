import type { ApiFixture, TestCaller } from './testing/api-fixture.ts';
import type { OperationId, Route } from '@pumphouse/contract';
import type { Scene } from './testing/audit-scenarios.ts';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeys } from '../services/keys.ts';
import { createScene } from './testing/audit-scenarios.ts';
import { createApiFixture } from './testing/api-fixture.ts';
import { requirements } from '../services/permissions.ts';
import { routes } from '@pumphouse/contract';

/*
 * What a caller has no part in does not exist for them: the answer is that for an id which nobody has given, word for word but for the id.
 */

const table: readonly Route[] = routes;
const placed = table.filter(({ permission }) =>
  ['workspace', 'organization'].includes(requirements[permission].scope),
);

let api: ApiFixture;
/** The caller's own place, and somebody else's. */
let own: Scene;
let other: Scene;
/** Ids of things in the other place, by the parameter of paths that names them. */
let foreign: Record<string, string>;
/** Callers who have no part in the other place. */
let strangers: Record<string, Pick<TestCaller, 'key' | 'principal'>>;

beforeAll(async () => {
  api = await createApiFixture();
  [own, other] = [await createScene(api), await createScene(api)];
  foreign = {
    job_id: other.jobId,
    job_run_id: (await other.startRun()).id,
    deployment_id: other.oldCode.id,
    configuration_id: other.oldConfiguration.id,
    webhook_id: other.webhook.webhook.id,
  };
  const secret = await createKeys(api.persistence).create({
    email: own.owner.principal.email,
    days: 1,
    workspace: { id: own.workspace.id, role: 'developer' },
  });
  const principal = await api.credentials.authenticateUser(secret);
  const bystander = await api.createCaller({ id: other.organization.id, role: 'member' });
  strangers = {
    'the owner of another organization': own.owner,
    'the key of another workspace': { key: secret, principal },
    'a member of the organization without a role in the workspace': bystander,
  };
});
afterAll(() => api.close());

/** Without these the operation refuses the call before it looks for what the path names. */
const needed: Partial<Record<OperationId, { query?: string; payload?: object }>> = {
  compare_deployment_file: { query: '?path=a.py' },
  compare_configuration_file: { query: '?path=secrets.toml' },
  set_webhook_signing_secret: { payload: { signing_secret: 'a secret of some length' } },
};

interface At {
  workspaceId: string;
  organizationId: string;
  /** Of everything else that the path names. */
  ids?: Record<string, string>;
}

async function call(
  route: Route,
  caller: Pick<TestCaller, 'key' | 'principal'>,
  { workspaceId, organizationId, ids = {} }: At,
) {
  const values: Record<string, string> = {
    workspace_id: workspaceId,
    organization_id: organizationId,
    ...ids,
  };
  const named = new Set<string>();
  const url = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? randomUUID();
    named.add(value);
    return value;
  });
  const { query = '', payload } = needed[route.operationId as OperationId] ?? {};
  const response = await api.app.inject({
    method: route.method,
    url: url + query,
    headers: { authorization: `Bearer ${await bearerOf(route, caller, workspaceId, ids)}` },
    ...(payload ? { payload } : {}),
  });
  const body = [...named].reduce((text, id) => text.replaceAll(id, '<id>'), response.body);
  return { status: response.statusCode, body };
}

async function bearerOf(
  route: Route,
  { key, principal }: Pick<TestCaller, 'key' | 'principal'>,
  workspaceId: string,
  ids: Record<string, string>,
): Promise<string> {
  if (route.credential === 'dataplane')
    return (await api.credentials.issueDataplaneToken(principal, workspaceId)).token;
  if (route.credential !== 'upload') return key;
  const kind = route.operationId === 'upload_deployment' ? 'deployment' : 'configuration';
  const grant = { workspaceId, kind, uploadId: ids[`${kind}_id`] ?? '' } as const;
  return (await api.credentials.issueUploadToken(principal, grant)).token;
}

describe.each(placed.map((route) => [route.operationId, route] as const))('%s', (_id, route) => {
  const nowhere = () => ({ workspaceId: randomUUID(), organizationId: randomUUID() });
  const there = () => ({ workspaceId: other.workspace.id, organizationId: other.organization.id });

  it('tells a stranger the same about a place that exists as about one that does not', async () => {
    for (const [name, stranger] of Object.entries(strangers)) {
      const isMember = name.startsWith('a member') && requirements[route.permission].scope === 'organization';
      if (isMember) continue;
      // The token of an upload is for one: which one it is has to fit the path.
      const ids = { deployment_id: randomUUID(), configuration_id: randomUUID() };
      const answer = await call(route, stranger, { ...there(), ids });
      expect({ name, status: answer.status }).toEqual({ name, status: 404 });
      expect({ name, ...answer }).toEqual({ name, ...(await call(route, stranger, { ...nowhere(), ids })) });
    }
  });

  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
  const inner = names.filter((name) => !['workspace_id', 'organization_id'].includes(name));
  if (inner.length > 0 && route.credential !== 'upload') {
    it('tells the same about what is elsewhere as about what is nowhere', async () => {
      const here = { workspaceId: own.workspace.id, organizationId: own.organization.id };
      const answer = await call(route, own.owner, { ...here, ids: foreign });
      expect(answer).toEqual(await call(route, own.owner, here));
      expect([404, 501], answer.body).toContain(answer.status);
    });
  }
});
