import type { Encryption } from '../encryption.ts';
import { randomBytes } from 'node:crypto';

export type KnownBrowsers = ReturnType<typeof createKnownBrowsers>;

/**
 * A mark that a browser keeps after somebody signed in there. It proves nothing about who sits before it and is good for one thing: failed
 * tries of others do not count against the account there, so nobody locks an owner out of their own browser.
 */
export function createKnownBrowsers(encryption: Encryption) {
  const describe = (id: string, email: string) => `known browser ${id} ${email.trim().toLowerCase()}`;

  return {
    issue(email: string): string {
      const id = randomBytes(12).toString('base64url');
      return `${id}.${encryption.sign(describe(id, email))}`;
    },

    /** @returns the id of the browser, null when this account has not signed in there */
    read(mark: string | null, email: string): string | null {
      const [id, signed] = mark?.split('.') ?? [];
      return id && signed && encryption.isSignature(describe(id, email), signed) ? id : null;
    },
  };
}
