import type { OlderRequest, OlderRoute } from './route.ts';
import type { RouteResponseInput } from '@pumphouse/contract';
import { z } from 'zod';
import { ServiceError } from '../platform/service-error.ts';
import { change, get, parseBody, parseQuery, post, workspaceOf } from './route.ts';
import { pageQuery, readAll, toOlderPage } from './pages.ts';
import { toOrganization, toRole, toWorkspace } from './account-serializers.ts';

const created = z.object({ name: z.string(), description: z.string().nullish() });
const changedTexts = z.object({ name: z.string().nullish(), description: z.string().nullish() });

type OrganizationMe = RouteResponseInput<'get_organization_me'>;

/** Path parameters of a route in an organization. */
export function organizationOf({ params }: OlderRequest): { organization_id: string } {
  return { organization_id: params['organization_id'] ?? '' };
}

/** The client calls this first in every command, and needs a workspace in the answer. */
async function readMe(request: OlderRequest) {
  const primaryId = await readPrimaryOrganizationId(request);
  const memberships = await listMemberships(request);
  const primary = memberships.find(({ organization }) => organization.id === primaryId) ?? memberships[0];
  if (!primary) throw new ServiceError('forbidden', 'You belong to no organization.');
  const workspaces = memberships.flatMap(listWorkspaces);
  if (workspaces.length === 0) workspaces.push(await createFirstWorkspace(request, memberships));
  const preferred = workspaces.find(({ role }) => role === 'owner') ?? workspaces[0];
  const organization = toOrganization(primary.organization);
  return {
    user_id: primary.user_id,
    identity_id: primary.organization_membership_id,
    email: primary.email,
    default_organization: organization,
    default_workspace: preferred?.workspace,
    last_organization: preferred?.organization,
    last_workspace: preferred?.workspace,
    personal_organization: organization,
    primary_organization: organization,
    organizations: memberships.map((membership) => ({
      ...toOrganization(membership.organization),
      active: true,
      identity_id: membership.organization_membership_id,
      role: membership.role,
      organization: toOrganization(membership.organization),
    })),
    // Releases before 0.23 read the workspace itself, the others the three nested fields.
    workspaces: workspaces.map((membership) => ({ ...membership.workspace, ...membership })),
  };
}

/**
 * Reads the account, which creates the organization and the workspace of a new user.
 * @returns null for a workspace key, which has no account
 */
async function readPrimaryOrganizationId({ call }: OlderRequest): Promise<string | null> {
  try {
    return (await call('get_me', { params: {} })).primary_organization.id;
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'no_account') return null;
    throw error;
  }
}

async function listMemberships({ call }: OlderRequest): Promise<OrganizationMe[]> {
  const organizations = await readAll((query) => call('list_organizations', { params: {}, query }));
  return Promise.all(
    organizations.map(({ id }) => call('get_organization_me', { params: { organization_id: id } })),
  );
}

function listWorkspaces({ organization, workspace_memberships: memberships = [] }: OrganizationMe) {
  return memberships.map(({ workspace, role }) => ({
    role: toRole(role),
    organization: toOrganization(organization),
    workspace: toWorkspace(workspace),
  }));
}

/** Release 0.20 cannot create a workspace, and no release reads an account without one. */
async function createFirstWorkspace({ call }: OlderRequest, organizations: readonly OrganizationMe[]) {
  const own = organizations.find(({ role }) => role !== 'collaborator');
  if (!own)
    throw new ServiceError(
      'forbidden',
      'You have no workspace yet. Ask an owner of your organization to add you to one.',
    );
  const workspace = await call('create_workspace', {
    params: { organization_id: own.organization.id },
    body: { name: 'default', description: null },
  });
  return { role: 'owner', organization: toOrganization(own.organization), workspace: toWorkspace(workspace) };
}

async function createWorkspace(request: OlderRequest) {
  const { name, description = null } = parseBody(created, request);
  const body = { name, description: description === '' ? null : description };
  return toWorkspace(await request.call('create_workspace', { params: organizationOf(request), body }));
}

async function listWorkspacesOf(request: OlderRequest) {
  const query = parseQuery(pageQuery, request);
  const page = await request.call('list_workspaces', { params: organizationOf(request), query });
  return toOlderPage(page, toWorkspace);
}

async function readOrganizationMe(request: OlderRequest) {
  const me = await request.call('get_organization_me', { params: organizationOf(request) });
  return {
    user_id: me.user_id,
    identity_id: me.organization_membership_id,
    email: me.email,
    role: me.role,
    organization: toOrganization(me.organization),
    workspaces: (me.workspace_memberships ?? []).map(({ workspace, role }) => ({
      ...toWorkspace(workspace),
      role: toRole(role),
      workspace: toWorkspace(workspace),
    })),
  };
}

async function readWorkspaceMe(request: OlderRequest) {
  const me = await request.call('get_workspace_me', { params: workspaceOf(request) });
  return {
    user_id: me.user_id,
    email: me.email,
    organization: toOrganization(me.organization),
    organization_identity_id: me.organization_membership_id,
    organization_role: me.organization_role,
    workspace: toWorkspace(me.workspace),
    workspace_role: toRole(me.workspace_role),
  };
}

/** Organizations, workspaces and the caller's membership in them. */
export const accountRoutes: readonly OlderRoute[] = [
  get('/me', readMe),
  get('/organizations', async ({ call }) => {
    const organizations = await readAll((query) => call('list_organizations', { params: {}, query }));
    return organizations.map(toOrganization);
  }),
  post('/organizations', async (request) => {
    const body = parseBody(created, request);
    return toOrganization(await request.call('create_organization', { params: {}, body }));
  }),
  get('/organizations/:organization_id', async (request) =>
    toOrganization(await request.call('get_organization', { params: organizationOf(request) })),
  ),
  change('PATCH', '/organizations/:organization_id', async (request) => {
    const { name, ...texts } = parseBody(changedTexts, request);
    const body = { ...texts, ...(name == null ? {} : { name }) };
    return toOrganization(
      await request.call('update_organization', { params: organizationOf(request), body }),
    );
  }),
  get('/organizations/:organization_id/me', readOrganizationMe),
  get('/organizations/:organization_id/workspaces', listWorkspacesOf),
  post('/organizations/:organization_id/workspaces', createWorkspace),
  get('/workspaces/:workspace_id', async (request) =>
    toWorkspace(await request.call('get_workspace', { params: workspaceOf(request) })),
  ),
  change('PATCH', '/workspaces/:workspace_id', async (request) => {
    const body = parseBody(changedTexts, request);
    return toWorkspace(await request.call('update_workspace', { params: workspaceOf(request), body }));
  }),
  get('/workspaces/:workspace_id/me', readWorkspaceMe),
  get('/workspaces/:workspace_id/watermark', (request) =>
    request.call('get_workspace_watermark', { params: workspaceOf(request) }),
  ),
];
