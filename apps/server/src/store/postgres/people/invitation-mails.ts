import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

/** A waiting mail, with its content. */
export interface WaitingMail {
  invitationId: string;
  sealedLink: Buffer;
  /** How often the mail server rejected it or was unreachable. */
  failures: number;
  email: string;
  organizationName: string;
  inviterEmail: string;
  expiresAt: Date;
}

export type InvitationMailStore = ReturnType<typeof createInvitationMailStore>;

/** Stores the links of invitations for the mail server: sent at least once, kept until then. */
export function createInvitationMailStore(sql: Queryable) {
  return {
    add: (invitationId: string, sealedLink: Uint8Array) =>
      sql.execute(
        named(
          'insert into invitation_mails (invitation_id, sealed_link) values (:invitationId, :sealedLink)',
          { invitationId, sealedLink },
        ),
      ),

    /**
     * Claims mails for this many seconds; those that are neither sent nor put back by then are claimed again.
     */
    take: (limit: number, seconds: number) =>
      sql.query<WaitingMail>(
        named(
          `with taken as (
             update invitation_mails set taken_until = now() + make_interval(secs => :seconds)
              where invitation_id in (
                      select invitation_id from invitation_mails where taken_until is null or taken_until < now()
                       order by created_at limit :limit for update skip locked)
             returning invitation_id, sealed_link, failures)
           select invitation_id as "invitationId", sealed_link as "sealedLink", failures, invitations.email,
                  organizations.name as "organizationName", users.email as "inviterEmail", invitations.expires_at as "expiresAt"
             from taken join invitations on invitations.id = invitation_id
             join organizations on organizations.id = invitations.organization_id
             join users on users.id = invitations.invited_by`,
          { limit, seconds },
        ),
      ),

    /** Records that the mail server accepted the mail, and removes it. */
    markSent: (invitationId: string) =>
      sql.execute(
        named(
          `with sent as (delete from invitation_mails where invitation_id = :invitationId)
           update invitations set mailed_at = now(), mail_failed_at = null where id = :invitationId`,
          { invitationId },
        ),
      ),

    /** Schedules a retry: after 4 s, 8 s and so on, up to an hour. */
    putBack: (invitationId: string) =>
      sql.execute(
        named(
          `update invitation_mails set failures = failures + 1,
                  taken_until = now() + least(interval '4 seconds' * power(2, least(failures, 10)), interval '1 hour')
            where invitation_id = :invitationId`,
          { invitationId },
        ),
      ),

    /** Gives up a mail that the mail server rejects permanently. */
    giveUp: (invitationId: string) =>
      sql.execute(
        named(
          `with given_up as (delete from invitation_mails where invitation_id = :invitationId)
           update invitations set mail_failed_at = now() where id = :invitationId`,
          { invitationId },
        ),
      ),

    /** Removes mails of expired invitations, whose links no longer work. */
    removeExpired: () =>
      sql.execute(
        `delete from invitation_mails using invitations
          where invitations.id = invitation_id and invitations.expires_at <= now()`,
      ),
  };
}
