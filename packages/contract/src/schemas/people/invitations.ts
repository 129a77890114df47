import { z } from 'zod';
import { organizationMembershipRole } from '../workspaces/organizations.ts';
import { namedEnum, openEnum, requestObject, responseObject, timestamp, uuid } from '../primitives.ts';
import { workspaceMembershipRole } from '../workspaces/workspaces.ts';

/** Maximum length of an e-mail address that mail servers accept (RFC 5321). */
const maxEmailLength = 254;

/** A single mailbox, in a form that no mail program could read as two or as a header. */
export const emailAddress = z
  .string()
  .refine(
    (value) =>
      value.length <= maxEmailLength && /^[^\s@,;:<>()[\]"\\\p{C}]+@[^\s@,;:<>()[\]"\\\p{C}]+$/u.test(value),
    'must be an e-mail address',
  );

const grant = { workspace_id: uuid, role: workspaceMembershipRole };

/**
 * An invited user who joins gets this role, and the roles in these workspaces. A collaborator needs a
 * workspace.
 */
export const createInvitationRequest = requestObject('CreateInvitationRequest', {
  email: emailAddress,
  role: organizationMembershipRole,
  workspaces: z.array(z.object(grant)).max(100).default([]),
});
export type CreateInvitationRequest = z.output<typeof createInvitationRequest>;

export const createWorkspaceInvitationRequest = requestObject('CreateWorkspaceInvitationRequest', {
  email: emailAddress,
  role: workspaceMembershipRole,
});
export type CreateWorkspaceInvitationRequest = z.output<typeof createWorkspaceInvitationRequest>;

export const invitationStatus = namedEnum('InvitationStatus', ['accepted', 'expired', 'pending', 'revoked']);
export type InvitationStatus = z.output<typeof invitationStatus>;

/**
 * Status of the mail with the link: `none` if the server sends no mail; `failed` if the mail server rejected
 * it permanently.
 */
export const invitationMail = namedEnum('InvitationMail', ['failed', 'none', 'sent', 'waiting']);
export type InvitationMail = z.output<typeof invitationMail>;

const invitation = {
  id: uuid,
  organization_id: uuid,
  email: z.string(),
  role: openEnum(organizationMembershipRole),
  workspaces: z.array(
    responseObject('InvitationWorkspace', {
      workspace_id: uuid,
      name: z.string(),
      role: openEnum(workspaceMembershipRole),
    }),
  ),
  status: openEnum(invitationStatus),
  mail: openEnum(invitationMail),
  invited_by: z.string(),
  created_at: timestamp,
  expires_at: timestamp,
};

export const invitationResponse = responseObject('InvitationResponse', invitation);
export type InvitationResponse = z.output<typeof invitationResponse>;

/** The link is returned only once: the server does not store it. */
export const createdInvitationResponse = responseObject('CreatedInvitationResponse', {
  ...invitation,
  link: z.string(),
});
export type CreatedInvitationResponse = z.output<typeof createdInvitationResponse>;
