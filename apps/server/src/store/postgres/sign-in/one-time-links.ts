import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

/** The purpose of a link, and whether it is still valid, are stored in its row. */
export interface SetupLinkRecord {
  expiresAt: Date;
  usedAt: Date | null;
}

export interface PasswordLinkRecord extends SetupLinkRecord {
  userId: string;
  email: string;
}

export type OneTimeLinkStore = ReturnType<typeof createOneTimeLinkStore>;

/**
 * Stores the link that creates the first owner, and links that set a new password. Only hashes are stored.
 */
export function createOneTimeLinkStore(sql: Queryable) {
  return {
    /**
     * Serializes the creation of the first owner and of its links: each caller sees the result of the
     * previous one.
     */
    lockSetup: () => sql.query('lock table setup_links in share row exclusive mode'),

    /** Replaces all previous links. */
    async replaceSetupLink(tokenHash: Uint8Array, hours: number) {
      await sql.query('delete from setup_links where used_at is null');
      await sql.query(
        named(
          `insert into setup_links (token_hash, expires_at) values (:tokenHash, now() + make_interval(hours => :hours))`,
          { tokenHash, hours },
        ),
      );
    },

    findSetupLink: (tokenHash: Uint8Array) =>
      sql.maybeOne<SetupLinkRecord>(
        named(
          `select expires_at as "expiresAt", used_at as "usedAt" from setup_links where token_hash = :tokenHash`,
          { tokenHash },
        ),
      ),

    useSetupLink: (tokenHash: Uint8Array) =>
      sql.query(named('update setup_links set used_at = now() where token_hash = :tokenHash', { tokenHash })),

    /** Removes all unused links once there is an owner. */
    removeUnusedSetupLinks: () => sql.query('delete from setup_links where used_at is null'),

    async replacePasswordLink(link: { tokenHash: Uint8Array; userId: string; minutes: number }) {
      await sql.query(
        named('delete from password_links where user_id = :userId and used_at is null', {
          userId: link.userId,
        }),
      );
      await sql.query(
        named(
          `insert into password_links (token_hash, user_id, expires_at)
           values (:tokenHash, :userId, now() + make_interval(mins => :minutes))`,
          link,
        ),
      );
    },

    findPasswordLink: (tokenHash: Uint8Array) =>
      sql.maybeOne<PasswordLinkRecord>(
        named(
          `select user_id as "userId", users.email, expires_at as "expiresAt", used_at as "usedAt"
             from password_links join users on users.id = password_links.user_id where token_hash = :tokenHash`,
          { tokenHash },
        ),
      ),

    /** @returns false if the link is no longer valid; of two concurrent calls, one gets true */
    usePasswordLink: async (tokenHash: Uint8Array) => {
      const used = await sql.execute(
        named(
          `update password_links set used_at = now() where token_hash = :tokenHash and used_at is null and expires_at > now()`,
          { tokenHash },
        ),
      );
      return used === 1;
    },
  };
}
