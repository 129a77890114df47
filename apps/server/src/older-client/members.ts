import type { OlderRequest, OlderRoute } from './route.ts';
import { z } from 'zod';
import { change, get, parseBody, post, workspaceOf } from './route.ts';
import { organizationOf } from './account.ts';
import { readAll } from './pages.ts';
import { ServiceError } from '../platform/service-error.ts';
import { toRole } from './account-serializers.ts';

const addedMember = z.object({
  user_id: z.string().nullish(),
  email: z.string().nullish(),
  role: z.enum(['owner', 'viewer']),
});

/** Members of the organization; `identity_id` is the membership. */
function listMembers(request: OlderRequest) {
  const params = organizationOf(request);
  return readAll((query) => request.call('list_organization_members', { params, query }));
}

/** Users with access to the workspace. */
function listAccess(request: OlderRequest) {
  const params = workspaceOf(request);
  return readAll((query) => request.call('list_workspace_access', { params, query }));
}

interface Person {
  membership_id: string;
  user_id: string;
  email: string;
  role: string;
}

function toMember({ user_id, email, role }: Person) {
  return { user_id, email, role: toRole(role) };
}

/** No membership has this id, so an operation checks its permission and then finds nothing. */
const nobody = '00000000-0000-0000-0000-000000000000';

/** Finds the membership of a user; if there is none, the id of the user stands in the error of the operation. */
function membershipOf(members: readonly Person[], userId: string): string {
  return members.find(({ user_id }) => user_id === userId)?.membership_id ?? userId;
}

async function removeOrganizationMember(request: OlderRequest) {
  const membership_id = membershipOf(await listMembers(request), request.params['user_id'] ?? '');
  await request.call('remove_organization_member', { params: { ...organizationOf(request), membership_id } });
}

async function removeWorkspaceMember(request: OlderRequest) {
  const membership_id = membershipOf(await listAccess(request), request.params['user_id'] ?? '');
  await request.call('remove_workspace_member', { params: { ...workspaceOf(request), membership_id } });
}

/** Adds a member of the organization to the workspace. */
async function addWorkspaceMember(request: OlderRequest) {
  const { call } = request;
  const { user_id, email, role } = parseBody(addedMember, request);
  const { organization_id } = await call('get_workspace', { params: workspaceOf(request) });
  const members = await readAll((query) =>
    call('list_organization_members', { params: { organization_id }, query }),
  );
  const found = members.find((member) => member.user_id === user_id || member.email === email);
  const params = { ...workspaceOf(request), membership_id: found?.membership_id ?? nobody };
  try {
    return toMember(await call('set_workspace_member', { params, body: { role } }));
  } catch (error) {
    if (found || !(error instanceof ServiceError) || error.code !== 'not_found') throw error;
    const named = email ?? user_id ?? 'without email or user_id';
    const detail = `The organization has no member ${named}. Invite them under Members in the console.`;
    throw new ServiceError('not_found', detail);
  }
}

/** Members of organizations and workspaces. Users join an organization only by an invitation, in the console. */
export const memberRoutes: readonly OlderRoute[] = [
  get('/organizations/:organization_id/members', async (request) =>
    (await listMembers(request)).map((member) => ({
      user_id: member.user_id,
      identity_id: member.membership_id,
      email: member.email,
      role: member.role,
    })),
  ),
  change('DELETE', '/organizations/:organization_id/members/:user_id', removeOrganizationMember, 204),
  get('/workspaces/:workspace_id/members', async (request) => (await listAccess(request)).map(toMember)),
  post('/workspaces/:workspace_id/members', addWorkspaceMember),
  change('DELETE', '/workspaces/:workspace_id/members/:user_id', removeWorkspaceMember, 204),
];
