import type { Encryption } from '../../platform/encryption.ts';
import { randomBytes } from 'node:crypto';

export type KnownBrowsers = ReturnType<typeof createKnownBrowsers>;

/**
 * Manages a mark that a browser keeps after a user signed in there. It does not prove who uses the browser.
 * Its only effect is that failed sign-ins elsewhere do not count against the account in this browser, so that
 * attackers cannot lock an owner out of it.
 */
export function createKnownBrowsers(encryption: Encryption) {
  const describe = (id: string, email: string) => `known browser ${id} ${email.trim().toLowerCase()}`;

  return {
    issue(email: string): string {
      const id = randomBytes(12).toString('base64url');
      return `${id}.${encryption.sign(describe(id, email))}`;
    },

    /** @returns the id of the browser; null if this account has not signed in there */
    read(mark: string | null, email: string): string | null {
      const [id, signed] = mark?.split('.') ?? [];
      return id && signed && encryption.isSignature(describe(id, email), signed) ? id : null;
    },
  };
}
