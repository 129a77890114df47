import type { Queryable } from '../pool.ts';

/** What a link is good for is in its row; whether it still is, too. */
export interface SetupLinkRecord {
  expiresAt: Date;
  usedAt: Date | null;
}

export interface PasswordLinkRecord extends SetupLinkRecord {
  userId: string;
  email: string;
}

export type OneTimeLinkStore = ReturnType<typeof createOneTimeLinkStore>;

/** The link that makes the first owner, and those that set a new password. Only hashes are kept. */
export function createOneTimeLinkStore(sql: Queryable) {
  return {
    /** One at a time makes the first owner, or a link for that: whoever waits here sees afterwards what the other one did. */
    lockSetup: () => sql.query('lock table setup_links in share row exclusive mode'),

    /** Takes the place of all links before. */
    async replaceSetupLink(tokenHash: Uint8Array, hours: number) {
      await sql.query('delete from setup_links where used_at is null');
      await sql.query(
        `insert into setup_links (token_hash, expires_at) values ($1, now() + make_interval(hours => $2))`,
        [tokenHash, hours],
      );
    },

    findSetupLink: (tokenHash: Uint8Array) =>
      sql.maybeOne<SetupLinkRecord>(
        `select expires_at as "expiresAt", used_at as "usedAt" from setup_links where token_hash = $1`,
        [tokenHash],
      ),

    useSetupLink: (tokenHash: Uint8Array) =>
      sql.query('update setup_links set used_at = now() where token_hash = $1', [tokenHash]),

    /** Once there is an owner, no link that was not used is good any more. */
    removeUnusedSetupLinks: () => sql.query('delete from setup_links where used_at is null'),

    async replacePasswordLink(link: { tokenHash: Uint8Array; userId: string; minutes: number }) {
      await sql.query('delete from password_links where user_id = $1 and used_at is null', [link.userId]);
      await sql.query(
        `insert into password_links (token_hash, user_id, expires_at) values ($1, $2, now() + make_interval(mins => $3))`,
        [link.tokenHash, link.userId, link.minutes],
      );
    },

    findPasswordLink: (tokenHash: Uint8Array) =>
      sql.maybeOne<PasswordLinkRecord>(
        `select user_id as "userId", users.email, expires_at as "expiresAt", used_at as "usedAt"
           from password_links join users on users.id = password_links.user_id where token_hash = $1`,
        [tokenHash],
      ),

    /** @returns false when it is not good any more; of two at once, one gets true */
    usePasswordLink: async (tokenHash: Uint8Array) => {
      const used = await sql.execute(
        `update password_links set used_at = now() where token_hash = $1 and used_at is null and expires_at > now()`,
        [tokenHash],
      );
      return used === 1;
    },
  };
}
