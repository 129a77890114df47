import type { ApiFixture, TestCaller } from './testing/api-fixture.ts';
import type { Route } from '@pumphouse/contract';
import type { OrganizationRole, WorkspaceRole } from '../store/records.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { routes } from '@pumphouse/contract';
import { createApiFixture, defineJob } from './testing/api-fixture.ts';
import { requirements } from '../services/permissions.ts';

const guarded: Route[] = routes.filter((route) => route.credential !== 'none');
const uploadId = '11111111-1111-4111-8111-111111111111';
const organizationRoles: OrganizationRole[] = ['collaborator', 'member', 'owner'];
const workspaceRoles: WorkspaceRole[] = ['viewer', 'developer', 'owner'];

let api: ApiFixture;
let place: Awaited<ReturnType<ApiFixture['createPlace']>>;
let outsider: TestCaller;
let runToken: string;
const inWorkspace = new Map<WorkspaceRole, TestCaller>();
const inOrganization = new Map<OrganizationRole, TestCaller>();

beforeAll(async () => {
  api = await createApiFixture();
  place = await api.createPlace();
  outsider = (await api.createPlace()).owner;
  const { organization, workspace } = place;
  for (const role of workspaceRoles) {
    const caller = await api.createCaller(
      { id: organization.id, role: 'member' },
      { id: workspace.id, role },
    );
    inWorkspace.set(role, caller);
  }
  for (const role of organizationRoles) {
    const caller = await api.createCaller(
      { id: organization.id, role },
      { id: workspace.id, role: 'viewer' },
    );
    inOrganization.set(role, caller);
  }
  runToken = await createRunToken();
});
afterAll(() => api.close());

async function createRunToken(): Promise<string> {
  const { workspace, owner } = place;
  const at = { workspaceId: workspace.id, membershipId: owner.membershipId };
  await api.createPackages(at.workspaceId, at.membershipId);
  const deployed = await api.dependencies.services.deploy({
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
  // The token lives as long as its attempt, and archiving the workspace, below, would cancel a run that waits.
  const run = succeeded[0]?.run;
  if (!run) throw new Error('The run was not started');
  return api.credentials.issueRunToken((await api.createAttempt(run)).id);
}

interface Place {
  workspaceId?: string;
  organizationId?: string;
}

/** Calls an operation in the test's workspace and organization, unless others are given. */
async function call(route: Route, bearer: string | null, at: Place = {}) {
  const values: Record<string, string> = {
    workspace_id: at.workspaceId ?? place.workspace.id,
    organization_id: at.organizationId ?? place.organization.id,
  };
  const response = await api.app.inject({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? uploadId),
    ...(bearer === null ? {} : { headers: { authorization: `Bearer ${bearer}` } }),
    ...(route.method === 'GET' ? {} : { payload: {} }),
  });
  const isRefused = response.statusCode >= 400;
  return {
    status: response.statusCode,
    code: isRefused ? response.json<{ code: string }>().code : undefined,
  };
}

/** What the caller presents to an operation of this credential. */
async function bearerOf(
  route: Route,
  caller: Pick<TestCaller, 'key' | 'principal'>,
  workspaceId = place.workspace.id,
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

describe.each(guarded.map((route) => [route.operationId, route] as const))('%s', (_id, route) => {
  const required = requirements[route.permission];

  it('lets a caller with the role through', async () => {
    // Somebody of their own: they may leave.
    const caller = await api.createCaller(
      { id: place.organization.id, role: 'owner' },
      { id: place.workspace.id, role: 'owner' },
    );
    const { status } = await call(route, await bearerOf(route, caller));
    expect([200, 201, 204, 400, 404, 409, 415, 501]).toContain(status);
  });

  it('lets the code of a run read its workspace and do nothing else', async () => {
    const answer = await call(route, runToken);
    const viewersMay = required.scope === 'workspace' && required.role === 'viewer';
    if (route.credential !== 'user') expect(answer.status).toBe(401);
    else if (required.scope === 'organization') expect(answer.status).toBe(404);
    else if (required.scope === 'account') expect(answer.status).toBe(403);
    else if (route.method === 'GET' && viewersMay) expect([200, 404, 501]).toContain(answer.status);
    else expect(answer).toEqual({ status: 403, code: 'forbidden' });
  });

  if (required.scope === 'workspace') {
    it('does not exist for a caller from elsewhere', async () => {
      expect(await call(route, await bearerOf(route, outsider))).toEqual({ status: 404, code: 'not_found' });
    });

    const lower = workspaceRoles.slice(0, workspaceRoles.indexOf(required.role));
    it.each(lower)('is forbidden to a %s', async (role) => {
      const caller = inWorkspace.get(role);
      expect(caller && (await call(route, await bearerOf(route, caller)))).toEqual({
        status: 403,
        code: 'forbidden',
      });
    });
  }

  if (required.scope === 'organization') {
    it('does not exist for a caller from elsewhere', async () => {
      expect(await call(route, outsider.key)).toEqual({ status: 404, code: 'not_found' });
    });

    const lower = organizationRoles.slice(0, organizationRoles.indexOf(required.role));
    it.each(lower)('is forbidden to a %s', async (role) => {
      expect(await call(route, inOrganization.get(role)?.key ?? '')).toEqual({
        status: 403,
        code: 'forbidden',
      });
    });
  }

  if (route.credential === 'dataplane') {
    it('refuses a token of another workspace, also to somebody who may read both', async () => {
      const other = await api.createPlace();
      const membership = await api.persistence.store.people.addMember(
        other.organization.id,
        place.owner.userId,
        'owner',
      );
      await api.persistence.store.workspaces.addMember(other.workspace.id, membership.id, 'owner');
      const bearer = await bearerOf(route, place.owner, other.workspace.id);
      expect(await call(route, bearer)).toEqual({ status: 404, code: 'not_found' });
    });
  }

  if (route.credential === 'upload') {
    it('refuses the token of another upload', async () => {
      const kinds = ['deployment', 'configuration'] as const;
      const other = kinds.find((kind) => route.operationId !== `upload_${kind}`) ?? 'deployment';
      const own = kinds.find((kind) => kind !== other) ?? 'deployment';
      const grants = [
        { workspaceId: place.workspace.id, kind: other, uploadId },
        { workspaceId: place.workspace.id, kind: own, uploadId: uploadId.replace('1', '2') },
      ];
      for (const grant of grants) {
        const { token } = await api.credentials.issueUploadToken(place.owner.principal, grant);
        expect(await call(route, token)).toEqual({ status: 403, code: 'forbidden' });
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
