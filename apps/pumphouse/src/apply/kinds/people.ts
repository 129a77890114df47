import {
  createInvitationRequest,
  organizationMembershipRole,
  setMemberRoleRequest,
  setWorkspaceMemberRequest,
  workspaceMembershipRole,
} from '@pumphouse/contract';
import { z } from 'zod';
import type { ApplyChange } from './resource-kind.ts';

const address = z.string().pipe(createInvitationRequest.shape.email);

/** Roles of an organization by e-mail address. A user who is not a member yet is invited. */
export const membersSchema = z.record(address, organizationMembershipRole);

/** Roles of a workspace by e-mail address. */
export const workspaceMembersSchema = z.record(address, workspaceMembershipRole);

export const applyMember: ApplyChange = async ({ client, ids }, { action, path, after }) => {
  const [organization = ''] = path;
  const params = {
    organization_id: ids.get('organization', [organization]),
    membership_id: ids.get('member', path),
  };
  if (action === 'remove') await client.call('remove_organization_member', { params });
  else await client.call('set_organization_member_role', { params, body: setMemberRoleRequest.parse(after) });
};

export const applyWorkspaceMember: ApplyChange = async ({ client, ids }, { action, path, after }) => {
  const [organization = '', workspace = '', email = ''] = path;
  const params = {
    workspace_id: ids.get('workspace', [organization, workspace]),
    membership_id: ids.get('member', [organization, email]),
  };
  if (action === 'remove') await client.call('remove_workspace_member', { params });
  else await client.call('set_workspace_member', { params, body: setWorkspaceMemberRequest.parse(after) });
};

/** Attributes of an invitation that grant a role in a workspace begin with this. */
export const grantPrefix = 'workspaces.';

/** An invitation cannot be changed: a new one replaces it. Ids of invitations are lists, because a user can have several. */
export const applyInvitation: ApplyChange = async ({ client, ids }, { action, path, after }) => {
  const [organization = '', email = ''] = path;
  const organization_id = ids.get('organization', [organization]);
  const replaced = ids.find('invitation', path)?.split(' ') ?? [];
  const grants = Object.entries(after).flatMap(([name, role]) =>
    name.startsWith(grantPrefix) && role !== null
      ? [{ workspace_id: ids.get('workspace', [organization, name.slice(grantPrefix.length)]), role }]
      : [],
  );
  const role = after['role'] ?? 'collaborator';
  const isRemoved = action === 'remove' || (role === 'collaborator' && grants.length === 0);
  const body = isRemoved ? null : createInvitationRequest.parse({ email, role, workspaces: grants });
  const created = body && (await client.call('create_invitation', { params: { organization_id }, body }));
  for (const invitation_id of replaced)
    await client.call('revoke_invitation', { params: { organization_id, invitation_id } });
  if (!created) return {};
  ids.set('invitation', path, created.id);
  if (created.mail !== 'none') return { note: `The link is sent to ${email} by mail.` };
  return {
    secret: {
      kind: 'link',
      value: created.link,
      shown: 'The server sends no mail. Send this link to the user:',
      hidden:
        'The server sends no mail, and the link is not shown without --show-secrets. Create another: pumphouse member invite',
    },
  };
};
