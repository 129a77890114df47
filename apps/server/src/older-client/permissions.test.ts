import type { ApiFixture, TestCaller } from '../api/testing/api-fixture.ts';
import type { Scene } from '../api/testing/audit-scene.ts';
import type { OlderRoute } from './route.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiFixture } from '../api/testing/api-fixture.ts';
import { createScene } from '../api/testing/audit-scene.ts';
import { createUploadRoutes } from './uploads.ts';
import { olderRoutes } from './older-routes.ts';

/*
 * Who may call each route. Routes call operations of the API; these tests verify that its permission checks
 * decide, and that hidden resources look missing.
 */

type Role = 'viewer' | 'developer' | 'owner';

let api: ApiFixture;
let scene: Scene;
let runId: string;
let outsider: TestCaller;
const members = new Map<Role, TestCaller>();

beforeAll(async () => {
  api = await createApiFixture();
  scene = await createScene(api);
  outsider = (await api.createWorkspaceFixture()).owner;
  runId = (await scene.startRun()).id;
  for (const role of ['viewer', 'developer', 'owner'] as const)
    members.set(role, await scene.addMember('member', role));
  const script = { name: 'own.py', entry_point: 'own.py' };
  await call(`POST ${scripts}`, members.get('owner')?.key ?? '', script);
});
afterAll(() => api.close());

const workspace = '/workspaces/:workspace_id';
const scripts = `${workspace}/scripts`;
const runs = `${workspace}/runs`;

/** The lowest role for each route of a workspace, with a body that is only checked after the permission. */
const ofWorkspaces: [route: string, role: Role, payload?: object][] = [
  [`GET ${workspace}`, 'viewer'],
  [`PATCH ${workspace}`, 'owner', { description: 'x' }],
  [`GET ${workspace}/me`, 'viewer'],
  [`GET ${workspace}/members`, 'viewer'],
  [`POST ${workspace}/members`, 'owner', { email: 'someone@example.com', role: 'viewer' }],
  [`DELETE ${workspace}/members/:user_id`, 'owner'],
  [`GET ${workspace}/deployments`, 'viewer'],
  [`GET ${workspace}/deployments/:version`, 'viewer'],
  [`GET ${workspace}/deployments/:version/files`, 'viewer'],
  [`POST ${workspace}/deployments`, 'developer', {}],
  [`GET ${workspace}/configurations`, 'viewer'],
  [`GET ${workspace}/configurations/:version`, 'viewer'],
  [`GET ${workspace}/configurations/:version/files`, 'viewer'],
  [`POST ${workspace}/configurations`, 'developer', {}],
  [`PUT ${workspace}/deployment_manifest`, 'developer', { jobs: [], deployment_module: 'other' }],
  [`GET ${scripts}`, 'viewer'],
  [`POST ${scripts}`, 'developer', { name: 'new.py', entry_point: 'new.py' }],
  [`GET ${scripts}/*`, 'viewer'],
  [`POST ${scripts}/*`, 'developer'],
  [`PATCH ${scripts}/*`, 'developer', { description: 'x' }],
  [`PUT ${scripts}/*`, 'developer'],
  [`DELETE ${scripts}/*`, 'developer'],
  [`POST ${scripts}/trigger`, 'viewer', { job_refs: [], dry_run: true }],
  [`GET ${runs}`, 'viewer'],
  [`POST ${runs}`, 'viewer', { script_id_or_name_or_secret: 'jobs.m.scene' }],
  [`POST ${runs}/cancel`, 'developer', { job_refs: ['jobs.m.scene'], dry_run: true }],
  [`GET ${runs}/latest`, 'viewer'],
  [`GET ${runs}/:run_id`, 'viewer'],
  [`POST ${runs}/:run_id/cancel`, 'developer'],
  [`GET ${runs}/:run_id/logs`, 'viewer'],
  [`GET ${runs}/:run_id/logs/stream`, 'viewer'],
  [`GET ${workspace}/watermark`, 'viewer'],
  [`GET ${workspace}/stats`, 'viewer'],
  ['PUT /internal/job-run-pipeline-summaries/:workspace_id/:run_id', 'viewer', {}],
];

const organization = '/organizations/:organization_id';
const ofOrganizations: [route: string, payload?: object][] = [
  [`GET ${organization}`],
  [`PATCH ${organization}`, { description: 'x' }],
  [`GET ${organization}/me`],
  [`GET ${organization}/workspaces`],
  [`POST ${organization}/workspaces`, { name: 'new' }],
  [`GET ${organization}/members`],
  [`DELETE ${organization}/members/:user_id`],
  [`POST ${organization}/members`, {}],
  [`GET ${organization}/plan`],
  [`GET ${organization}/stats`],
];
const ofAccounts: [route: string, payload?: object][] = [
  ['GET /me'],
  ['GET /organizations'],
  ['POST /organizations', { name: 'New' }],
];

const withoutCredential = [
  'GET /ping',
  'POST /workos/device-flow/code',
  'POST /workos/device-flow/token',
  'POST /github/device-flow/code',
  'POST /github/device-flow/token',
  'POST /auth/refresh',
  'POST /auth/logout',
  'POST /auth/logout-all-devices',
  'POST /workos/token-exchange',
  'POST /github/token-exchange',
];

const nameOf = ({ method, path }: OlderRoute) => `${method} ${path}`;

/** What the routes below `scripts/` are called with. */
const paths: Record<string, string> = {
  [`POST ${scripts}/*`]: 'jobs.m.scene/public-url',
  [`PUT ${scripts}/*`]: 'jobs.m.scene/archive',
  [`DELETE ${scripts}/*`]: 'jobs.m.scene/archive',
  [`PATCH ${scripts}/*`]: 'own.py',
};

async function call(route: string, key: string | null, payload?: object) {
  const [method = '', path = ''] = route.split(' ');
  const values: Record<string, string> = {
    ':workspace_id': scene.workspace.id,
    ':organization_id': scene.organization.id,
    ':user_id': '11111111-1111-4111-8111-111111111111',
    ':version': 'latest',
    ':run_id': runId,
    '*': paths[route] ?? 'jobs.m.scene',
  };
  const response = await api.app.inject({
    method: method as 'GET',
    url: `/v1${path.replaceAll(/:\w+|\*/g, (name) => values[name] ?? name)}`,
    ...(key === null ? {} : { headers: { authorization: `Bearer ${key}` } }),
    ...(payload ? { payload } : {}),
  });
  const refused =
    response.statusCode >= 400 ? response.json<{ code: string; detail: string; extra?: unknown }>() : null;
  return { status: response.statusCode, refused };
}

it('covers every route', () => {
  const served = [
    ...olderRoutes,
    ...createUploadRoutes({ services: api.services, uploadDir: api.uploadDir, maxUploadBytes: 1 }),
  ];
  const tested = [...ofWorkspaces, ...ofOrganizations, ...ofAccounts].map(([route]) => route);
  const withCredential = served.filter(({ credential }) => credential === 'user');
  expect(withCredential.map(nameOf).toSorted()).toEqual(tested.toSorted());
  expect(served.filter(({ credential }) => credential === 'none').map(nameOf)).toEqual(withoutCredential);
});

describe.each<[route: string, payload?: object]>([
  ...ofWorkspaces.map(([route, , payload]): [string, object?] => [route, payload]),
  ...ofOrganizations,
  ...ofAccounts,
])('%s', (route, payload) => {
  it('rejects callers without a valid credential', async () => {
    const expired = (await api.createKey(scene.owner.userId, 'expired')).secret;
    const revoked = (await api.createKey(scene.owner.userId, 'revoked')).secret;
    for (const key of [null, 'dlt_u_invented', expired, revoked]) {
      const { status, refused } = await call(route, key, payload);
      expect([status, refused?.code]).toEqual([401, 'not_authenticated']);
      expect(Object.keys(refused ?? {}).toSorted()).toEqual(['code', 'detail', 'status_code']);
    }
  });
});

describe.each<[route: string, payload?: object]>([
  ...ofWorkspaces.map(([route, , payload]): [string, object?] => [route, payload]),
  ...ofOrganizations,
])('%s', (route, payload) => {
  it('is hidden from strangers', async () => {
    const { status, refused } = await call(route, outsider.key, payload);
    expect([status, refused?.code]).toEqual([404, 'not_found']);
    expect(refused?.detail).toMatch(/^There is no (workspace|organization) /);
  });
});

const below: Partial<Record<Role, Role>> = { developer: 'viewer', owner: 'developer' };

describe.each(ofWorkspaces)('%s', (route, role, payload) => {
  it(`requires the role ${role}`, async () => {
    const lower = below[role];
    if (lower) {
      const { status, refused } = await call(route, members.get(lower)?.key ?? '', payload);
      expect([status, refused?.code]).toEqual([403, 'forbidden']);
    }
    // A stream would last as long as the run.
    if (route.endsWith('/stream')) return;
    const { status, refused } = await call(route, members.get(role)?.key ?? '', payload);
    // A viewer may start only apps and jobs of the profile `access`.
    if (route === `POST ${runs}`) expect(refused?.detail).toContain('access');
    else expect([401, 403]).not.toContain(status);
  });
});

it('lets only owners change an organization', async () => {
  for (const [route, payload] of ofOrganizations.filter(([name]) => /^(PATCH|DELETE)/.test(name))) {
    const { status, refused } = await call(route, members.get('owner')?.key ?? '', payload);
    expect([status, refused?.code]).toEqual([403, 'forbidden']);
  }
});
