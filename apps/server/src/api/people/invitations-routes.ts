import type { CreatedInvitationResponse, InvitationResponse } from '@pumphouse/contract';
import type { Handlers } from '../handler.ts';
import type { Invitations, ListedInvitation } from '../../services/people/invitations.ts';
import type { InvitationRecord } from '../../store/records.ts';
import { userOf } from '../handler.ts';
import { readPaging, toPage } from '../serializers/pages.ts';
import { statusOf } from '../../services/people/invitation-details.ts';
import { toInstant } from '../serializers/instants.ts';

type Operations =
  | 'list_invitations'
  | 'create_invitation'
  | 'revoke_invitation'
  | 'list_workspace_invitations'
  | 'create_workspace_invitation'
  | 'revoke_workspace_invitation';

export function createInvitationHandlers({
  invitations,
}: {
  invitations: Invitations;
}): Pick<Handlers, Operations> {
  return {
    async list_invitations({ params: { organization_id: id }, query }) {
      const paging = readPaging(query, `list_invitations ${id}`);
      return toPage(await invitations.list(id, paging, query.status ?? null), query, toInvitation);
    },

    async create_invitation({ params, body, authorization, origin }) {
      const wanted = {
        organizationId: params.organization_id,
        email: body.email,
        role: body.role,
        workspaces: body.workspaces.map(({ workspace_id: workspaceId, role }) => ({ workspaceId, role })),
      };
      return toCreated(await invitations.create(userOf(authorization), wanted, origin));
    },

    async revoke_invitation({ params, authorization }) {
      await invitations.revoke(userOf(authorization), params.organization_id, params.invitation_id);
    },

    async list_workspace_invitations({ params: { workspace_id: id }, query }) {
      const paging = readPaging(query, `list_workspace_invitations ${id}`);
      return toPage(await invitations.listOfWorkspace(id, paging, query.status ?? null), query, toInvitation);
    },

    async create_workspace_invitation({ params, body, authorization, origin }) {
      const wanted = { workspaceId: params.workspace_id, email: body.email, role: body.role };
      return toCreated(await invitations.createToWorkspace(userOf(authorization), wanted, origin));
    },

    async revoke_workspace_invitation({ params, authorization }) {
      const { workspace_id: workspaceId, invitation_id: invitationId } = params;
      await invitations.revokeToWorkspace(userOf(authorization), workspaceId, invitationId);
    },
  };
}

function toInvitation({ invitation, workspaces }: ListedInvitation): InvitationResponse {
  return {
    id: invitation.id,
    organization_id: invitation.organizationId,
    email: invitation.email,
    role: invitation.role,
    workspaces: workspaces.map(({ workspaceId, name, role }) => ({ workspace_id: workspaceId, name, role })),
    status: statusOf(invitation),
    mail: mailOf(invitation),
    invited_by: invitation.inviterEmail,
    created_at: toInstant(invitation.createdAt),
    expires_at: toInstant(invitation.expiresAt),
  };
}

function toCreated(created: ListedInvitation & { link: string }): CreatedInvitationResponse {
  return { ...toInvitation(created), link: created.link };
}

function mailOf({ mailedAt, mailFailedAt, isMailWaiting }: InvitationRecord): InvitationResponse['mail'] {
  if (mailedAt) return 'sent';
  if (mailFailedAt) return 'failed';
  return isMailWaiting ? 'waiting' : 'none';
}
