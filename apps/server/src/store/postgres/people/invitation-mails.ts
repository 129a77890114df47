import type { Queryable } from '../pool.ts';

/** A mail that waits to be sent, with what it says. */
export interface WaitingMail {
  invitationId: string;
  sealedLink: Buffer;
  /** How often the mail server has refused it, or could not be reached. */
  failures: number;
  email: string;
  organizationName: string;
  inviterEmail: string;
  expiresAt: Date;
}

export type InvitationMailStore = ReturnType<typeof createInvitationMailStore>;

/** Links of invitations on their way to the mail server: sent at least once, kept until then. */
export function createInvitationMailStore(sql: Queryable) {
  return {
    add: (invitationId: string, sealedLink: Uint8Array) =>
      sql.execute('insert into invitation_mails (invitation_id, sealed_link) values ($1, $2)', [
        invitationId,
        sealedLink,
      ]),

    /** Takes mails for so many seconds; what is neither sent nor put back by then is taken again. */
    take: (limit: number, seconds: number) =>
      sql.query<WaitingMail>(
        `with taken as (
           update invitation_mails set taken_until = now() + make_interval(secs => $2)
            where invitation_id in (
                    select invitation_id from invitation_mails where taken_until is null or taken_until < now()
                     order by created_at limit $1 for update skip locked)
           returning invitation_id, sealed_link, failures)
         select invitation_id as "invitationId", sealed_link as "sealedLink", failures, invitations.email,
                organizations.name as "organizationName", users.email as "inviterEmail", invitations.expires_at as "expiresAt"
           from taken join invitations on invitations.id = invitation_id
           join organizations on organizations.id = invitations.organization_id
           join users on users.id = invitations.invited_by`,
        [limit, seconds],
      ),

    /** The mail server has it. */
    markSent: (invitationId: string) =>
      sql.execute(
        `with sent as (delete from invitation_mails where invitation_id = $1)
         update invitations set mailed_at = now(), mail_failed_at = null where id = $1`,
        [invitationId],
      ),

    /** Comes back later: 4 s, 8 s, ... an hour at most. */
    putBack: (invitationId: string) =>
      sql.execute(
        `update invitation_mails set failures = failures + 1,
                taken_until = now() + least(interval '4 seconds' * power(2, least(failures, 10)), interval '1 hour')
          where invitation_id = $1`,
        [invitationId],
      ),

    /** The mail server will never take it. */
    giveUp: (invitationId: string) =>
      sql.execute(
        `with given_up as (delete from invitation_mails where invitation_id = $1)
         update invitations set mail_failed_at = now() where id = $1`,
        [invitationId],
      ),

    /** Those whose invitations have expired; their links are good for nothing. */
    removeExpired: () =>
      sql.execute(
        `delete from invitation_mails using invitations
          where invitations.id = invitation_id and invitations.expires_at <= now()`,
      ),
  };
}
