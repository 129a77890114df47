import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import type { Route, WorkspaceKeyRole } from '@pumphouse/contract';
import type { OrganizationRole, WorkspaceRole } from '../../store/records.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements, routes } from '@pumphouse/contract';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { createKeys } from '../../services/keys/keys.ts';
import { requireUser } from '../../services/sign-in/principal.ts';

const guarded: Route[] = routes.filter((route) => route.credential !== 'none');
const uploadId = '11111111-1111-4111-8111-111111111111';
const organizationRoles: OrganizationRole[] = ['collaborator', 'member', 'owner'];
const workspaceRoles: WorkspaceRole[] = ['viewer', 'developer', 'owner'];

let api: ApiFixture;
let context: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;
let outsider: TestCaller;
let runToken: string;
/** Another workspace of the organization. */
let siblingId: string;
/** A workspace whose organization gives all its members the developer role. */
let generous: typeof context;

/**
 * A workspace key has the permissions of its role except these: it has no account and no membership to leave.
 */
const keysMayNot = new Set([
  'get_me',
  'list_personal_keys',
  'create_personal_key',
  'create_organization',
  'leave_organization',
  'leave_workspace',
]);

beforeAll(async () => {
  api = await createApiFixture();
  context = await api.createWorkspaceFixture();
  outsider = (await api.createWorkspaceFixture()).owner;
  const { store } = api.persistence;
  const wanted = { organizationId: context.organization.id, name: 'Sibling', description: null };
  siblingId = (await store.workspaces.create(wanted)).id;
  await store.workspaces.addMember(siblingId, context.owner.membershipId, 'owner');
  runToken = await createRunToken();
  generous = await api.createWorkspaceFixture();
  await api.services.organizations.update(generous.organization.id, { defaultWorkspaceRole: 'developer' });
});
afterAll(() => api.close());

async function createRunToken(): Promise<string> {
  const { workspace, owner } = context;
  const at = { workspaceId: workspace.id, membershipId: owner.membershipId };
  await api.createPackages(at.workspaceId, at.membershipId);
  const deployed = await api.services.deploy({
    ...at,
    jobs: [defineJob('jobs.m.token')],
    deploymentModule: null,
    dryRun: false,
  });
  const { succeeded } = await api.startRuns.trigger({
    ...at,
    jobIds: [deployed.jobs[0]?.job.id ?? ''],
    selectors: [],
    profile: null,
    refresh: false,
    dryRun: false,
  });
  // The token lives as long as its attempt, and archiving the workspace below would cancel a pending run.
  const run = succeeded[0]?.run;
  if (!run) throw new Error('The run was not started');
  return api.credentials.issueRunToken((await api.createAttempt(run)).id);
}

const shared = new Map<string, Promise<unknown>>();

/**
 * Returns a caller that tests share, unless the call may change it: some remove their caller. Creating one takes
 * longer than a call, and two thousand calls need one.
 */
async function share<Caller>(key: string, mayChange: boolean, create: () => Promise<Caller>) {
  if (mayChange) return create();
  const caller = (shared.get(key) as Promise<Caller> | undefined) ?? create();
  shared.set(key, caller);
  return caller;
}
/** Whether a call that passes the permission check may change something. */
const changesThings = (route: Route) => route.method !== 'GET';

async function createWorkspaceKey(workspaceId: string, role: WorkspaceKeyRole) {
  const wanted = { name: 'test', days: null, role };
  const keys = createKeys(api.persistence);
  const { secret } = await keys.createOfWorkspace(context.owner.principal, workspaceId, wanted);
  return { key: secret, principal: requireUser(await api.credentials.authenticateUser(secret)) };
}

/** Without these bodies the operation rejects the call before it checks whether the caller has an account. */
const bodies: Record<string, object> = {
  create_organization: { name: 'New' },
  create_personal_key: { name: 'New' },
};

interface Scope {
  workspaceId?: string;
  organizationId?: string;
}

/** Calls an operation on the test's workspace and organization, unless others are given. */
async function call(route: Route, bearer: string | null, at: Scope = {}) {
  const values: Record<string, string> = {
    workspace_id: at.workspaceId ?? context.workspace.id,
    organization_id: at.organizationId ?? context.organization.id,
    starts_on: '2026-03-01',
  };
  const response = await api.app.inject({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? uploadId),
    ...(bearer === null ? {} : { headers: { authorization: `Bearer ${bearer}` } }),
    ...(route.method === 'GET' ? {} : { payload: bodies[route.operationId] ?? {} }),
  });
  const refused = response.statusCode >= 400 ? response.json<{ code: string; detail: string }>() : undefined;
  return { status: response.statusCode, code: refused?.code, detail: refused?.detail };
}

/** Status and code of a rejection, without its message. */
async function refusalOf(...args: Parameters<typeof call>) {
  const { status, code } = await call(...args);
  return { status, code };
}

const forbidden = { status: 403, code: 'forbidden' };
const hidden = { status: 404, code: 'not_found' };

/**
 * Expects that the call passed the permission check; it may still fail on a missing resource or an invalid
 * body.
 */
async function expectEntry(route: Route, bearer: string, at: Scope = {}): Promise<void> {
  const { status, code, detail } = await call(route, bearer, at);
  const where = { operation: route.operationId, detail };
  expect({ ...where, status }).toEqual({
    ...where,
    status: expect.toBeOneOf([200, 201, 204, 400, 404, 409, 413, 415]) as number,
  });
  const isHidden = code === 'not_found' && /^There is no (workspace|organization) /.test(detail ?? '');
  expect({ ...where, isHidden }).toEqual({ ...where, isHidden: false });
  if (changesThings(route)) await restoreWorkspaces();
}

/** One of the calls archives the workspace. */
const restoreWorkspaces = () =>
  Promise.all([context, generous].map(({ workspace }) => api.services.workspaces.unarchive(workspace.id)));

/** The bearer token for an operation that needs this kind of credential. */
async function bearerOf(
  route: Route,
  caller: Pick<TestCaller, 'key' | 'principal'>,
  workspaceId = context.workspace.id,
) {
  switch (route.credential) {
    case 'dataplane':
      return (await api.credentials.issueDataplaneToken(caller.principal, workspaceId)).token;
    case 'upload': {
      const kind = route.operationId === 'upload_deployment' ? 'deployment' : 'configuration';
      const grant = { workspaceId, kind, uploadId } as const;
      return (await api.credentials.issueUploadToken(caller.principal, grant)).token;
    }
    default:
      return caller.key;
  }
}

/** A user with any role in the organization, and none or one in the workspace. */
const findCaller = (
  mayChange: boolean,
  inOrganization: OrganizationRole,
  inWorkspace: WorkspaceRole | null,
) =>
  share(`${inOrganization} ${inWorkspace}`, mayChange, () =>
    api.createCaller(
      { id: context.organization.id, role: inOrganization },
      inWorkspace ? { id: context.workspace.id, role: inWorkspace } : undefined,
    ),
  );

describe.each(guarded.map((route) => [route.operationId, route] as const))('%s', (_id, route) => {
  const required = requirements[route.permission];

  /**
   * The expected result by organization role and workspace role: one rule for both the table and the server.
   */
  function mayEnter(inOrganization: OrganizationRole, inWorkspace: WorkspaceRole | null) {
    switch (required.scope) {
      case 'organization':
        return organizationRoles.indexOf(inOrganization) >= organizationRoles.indexOf(required.role)
          ? null
          : forbidden;
      case 'installation':
        // The organization of the test is the oldest.
        return inOrganization === 'owner' ? null : forbidden;
      case 'workspace':
        if (required.orOrganizationOwner && inOrganization === 'owner') return null;
        if (inWorkspace === null) return hidden;
        return workspaceRoles.indexOf(inWorkspace) >= workspaceRoles.indexOf(required.role)
          ? null
          : forbidden;
      default:
        return null;
    }
  }

  const combinations = organizationRoles.flatMap((inOrganization) =>
    [null, ...workspaceRoles].map((inWorkspace) => [inOrganization, inWorkspace] as const),
  );

  it.each(combinations)('checks an organization %s with workspace role %s', async (one, other) => {
    const refusal = mayEnter(one, other);
    const caller = await findCaller(!refusal && changesThings(route), one, other);
    const bearer = await bearerOf(route, caller);
    if (refusal) expect(await refusalOf(route, bearer)).toEqual(refusal);
    else await expectEntry(route, bearer);
  });

  it('gives a signed-in user the same permissions as their key', async () => {
    if (route.credential !== 'user') return;
    const owner = await findCaller(changesThings(route), 'owner', 'owner');
    await expectEntry(route, (await api.signIn.sessions.begin({ userId: owner.userId, client: 'test' })).jwt);
    const refusal = mayEnter('collaborator', 'viewer');
    const viewer = await findCaller(!refusal && changesThings(route), 'collaborator', 'viewer');
    const { jwt } = await api.signIn.sessions.begin({ userId: viewer.userId, client: 'test' });
    if (refusal) expect(await refusalOf(route, jwt)).toEqual(refusal);
    else await expectEntry(route, jwt);
  });

  it('treats a workspace key as a collaborator with its role there and no access elsewhere', async () => {
    for (const role of ['developer', 'viewer'] as const) {
      const refusal = mayEnter('collaborator', role);
      const inside = await share(`key ${role}`, !refusal && changesThings(route), () =>
        createWorkspaceKey(context.workspace.id, role),
      );
      const bearer = await bearerOf(route, inside);
      if (refusal) expect(await refusalOf(route, bearer)).toEqual(refusal);
      else if (keysMayNot.has(route.operationId))
        expect(await refusalOf(route, bearer)).toEqual({ status: 403, code: 'no_account' });
      else await expectEntry(route, bearer);
    }
    if (required.scope !== 'workspace') return;
    const beside = await share('key of the sibling', false, () => createWorkspaceKey(siblingId, 'developer'));
    expect(await refusalOf(route, await bearerOf(route, beside))).toEqual(hidden);
  });

  if (required.scope === 'workspace') {
    it('gives organization members the default access, and collaborators none', async () => {
      const at = { workspaceId: generous.workspace.id, organizationId: generous.organization.id };
      const refusal = mayEnter('member', 'developer');
      const member = await share('generous member', !refusal && changesThings(route), () =>
        api.createCaller({ id: at.organizationId, role: 'member' }),
      );
      const bearer = await bearerOf(route, member, at.workspaceId);
      if (refusal) expect(await refusalOf(route, bearer, at)).toEqual(refusal);
      else await expectEntry(route, bearer, at);
      const collaborator = await share('generous collaborator', false, () =>
        api.createCaller({ id: at.organizationId, role: 'collaborator' }),
      );
      const other = await bearerOf(route, collaborator, at.workspaceId);
      expect(await refusalOf(route, other, at)).toEqual(hidden);
    });
  }

  it('lets the code of a run read its workspace and do nothing else', async () => {
    const { status, code } = await call(route, runToken);
    const viewersMay = required.scope === 'workspace' && required.role === 'viewer';
    const isKept = required.scope === 'workspace' && required.notForRuns === true;
    if (route.credential !== 'user') expect(status).toBe(401);
    else if (required.scope === 'organization') expect(status).toBe(404);
    else if (required.scope === 'account') expect(status).toBe(403);
    else if (route.method === 'GET' && viewersMay && !isKept) expect([200, 404]).toContain(status);
    else expect({ status, code }).toEqual(forbidden);
  });

  if (required.scope === 'workspace' || required.scope === 'organization') {
    it('returns 404 to a caller from outside', async () => {
      expect(await refusalOf(route, await bearerOf(route, outsider))).toEqual(hidden);
    });
  }

  if (required.scope === 'installation') {
    it('rejects an owner of another organization, although they own an organization', async () => {
      expect(await refusalOf(route, outsider.key)).toEqual(forbidden);
    });
  }

  if (route.credential === 'dataplane') {
    it('rejects a token of another workspace, even if the user may read both', async () => {
      const other = await api.createWorkspaceFixture();
      const membership = await api.persistence.store.people.addMember(
        other.organization.id,
        context.owner.userId,
        'owner',
      );
      await api.persistence.store.workspaces.addMember(other.workspace.id, membership.id, 'owner');
      const bearer = await bearerOf(route, context.owner, other.workspace.id);
      expect(await refusalOf(route, bearer)).toEqual(hidden);
    });
  }

  if (route.credential === 'upload') {
    it('rejects the token of another upload', async () => {
      const kinds = ['deployment', 'configuration'] as const;
      const other = kinds.find((kind) => route.operationId !== `upload_${kind}`) ?? 'deployment';
      const own = kinds.find((kind) => kind !== other) ?? 'deployment';
      const grants = [
        { workspaceId: context.workspace.id, kind: other, uploadId },
        { workspaceId: context.workspace.id, kind: own, uploadId: uploadId.replace('1', '2') },
      ];
      for (const grant of grants) {
        const { token } = await api.credentials.issueUploadToken(context.owner.principal, grant);
        expect(await refusalOf(route, token)).toEqual(forbidden);
      }
    });
  }
});

it('covers every operation', () => {
  expect(guarded.length).toBeGreaterThan(50);
  expect(routes.filter((route) => route.credential === 'none').map((route) => route.surface)).toEqual(
    Array.from({ length: 7 }, () => 'auth'),
  );
});
