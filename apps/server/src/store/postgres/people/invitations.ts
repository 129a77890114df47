import type { Queryable } from '../pool.ts';
import type { OrganizationRole, WorkspaceRole } from './people.ts';
import { columns } from '../statements/columns.ts';
import { named } from '../statements/named.ts';

/** A workspace role that is part of an invitation. */
export interface InvitedWorkspace {
  workspaceId: string;
  role: WorkspaceRole;
}

export interface InvitationRecord {
  id: string;
  organizationId: string;
  email: string;
  role: OrganizationRole;
  workspaces: InvitedWorkspace[];
  invitedBy: string;
  inviterEmail: string;
  createdAt: Date;
  expiresAt: Date;
  revokedAt: Date | null;
  acceptedAt: Date | null;
  acceptedBy: string | null;
  /** By the database clock. */
  isExpired: boolean;
  mailedAt: Date | null;
  mailFailedAt: Date | null;
  isMailWaiting: boolean;
}

const selectInvitations = `select ${columns('invitations', [
  'id',
  'organization_id',
  'email',
  'role',
  'workspaces',
  'invited_by',
  'created_at',
  'expires_at',
  'revoked_at',
  'accepted_at',
  'accepted_by',
  'mailed_at',
  'mail_failed_at',
])}, users.email as "inviterEmail", invitations.expires_at <= now() as "isExpired",
    exists (select from invitation_mails where invitation_id = invitations.id) as "isMailWaiting"
  from invitations join users on users.id = invitations.invited_by`;

const isPending = `invitations.accepted_at is null and invitations.revoked_at is null and invitations.expires_at > now()`;

export type InvitationStore = ReturnType<typeof createInvitationStore>;

/**
 * Stores invitations to organizations, with hashes of their links, never the links. Changed under the lock of
 * the organization.
 */
export function createInvitationStore(sql: Queryable) {
  return {
    /** @returns its id */
    async create(invitation: {
      organizationId: string;
      email: string;
      role: OrganizationRole;
      workspaces: readonly InvitedWorkspace[];
      tokenHash: Uint8Array;
      invitedBy: string;
      validDays: number;
    }): Promise<string> {
      const { id } = await sql.one<{ id: string }>(
        named(
          `insert into invitations (organization_id, email, role, workspaces, token_hash, invited_by, expires_at)
           values (:organizationId, :email, :role, :workspaces, :tokenHash, :invitedBy,
                   now() + make_interval(days => :validDays)) returning id`,
          { ...invitation, workspaces: JSON.stringify(invitation.workspaces) },
        ),
      );
      return id;
    },

    get: (invitationId: string) =>
      sql.maybeOne<InvitationRecord>(
        named(`${selectInvitations} where invitations.id = :invitationId`, { invitationId }),
      ),

    findByToken: (tokenHash: Uint8Array) =>
      sql.maybeOne<InvitationRecord>(
        named(`${selectInvitations} where invitations.token_hash = :tokenHash`, { tokenHash }),
      ),

    /** Newest first. */
    list: (organizationId: string) =>
      sql.query<InvitationRecord>(
        named(
          `${selectInvitations} where invitations.organization_id = :organizationId
             order by invitations.created_at desc, invitations.id desc`,
          { organizationId },
        ),
      ),

    /**
     * Lists pending invitations, oldest first: all of an organization, those for an address, or those of an
     * inviter.
     */
    listPending: (organizationId: string, of: { email?: string; invitedBy?: string } = {}) =>
      sql.query<InvitationRecord>(
        named(
          `${selectInvitations}
            where invitations.organization_id = :organizationId and ${isPending}
              and (:email::text is null or lower(invitations.email) = lower(:email))
                and (:invitedBy::uuid is null or invitations.invited_by = :invitedBy)
            order by invitations.created_at, invitations.id`,
          { organizationId, email: of.email ?? null, invitedBy: of.invitedBy ?? null },
        ),
      ),

    /**
     * Revokes an invitation and removes its waiting mail.
     * @returns whether it was pending
     */
    revoke: async (invitationId: string) => {
      const touched = await sql.execute(
        named(
          `with unsent as (delete from invitation_mails where invitation_id = :invitationId)
           update invitations set revoked_at = now() where id = :invitationId and ${isPending}`,
          { invitationId },
        ),
      );
      return touched === 1;
    },

    accept: (invitationIds: readonly string[], userId: string) =>
      sql.execute(
        named(
          `with unsent as (delete from invitation_mails where invitation_id = any(:invitationIds))
           update invitations set accepted_at = now(), accepted_by = :userId where id = any(:invitationIds)`,
          { invitationIds, userId },
        ),
      ),
  };
}
