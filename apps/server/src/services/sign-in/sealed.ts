import type { Encryption } from '../../platform/encryption.ts';
import { isPlainObject } from '../../domain/primitives/plain-object.ts';

export type Sealed = ReturnType<typeof createSealed>;

/**
 * Encrypts values that a browser keeps for the server for some minutes and can neither read nor change. A
 * value for one purpose is not valid for another.
 */
export function createSealed(encryption: Encryption) {
  const contextOf = (purpose: string) => `kept in a browser for ${purpose}`;
  return {
    seal(purpose: string, value: object, seconds: number): string {
      const kept = JSON.stringify({ value, until: Date.now() + seconds * 1000 });
      return encryption.encrypt(Buffer.from(kept), contextOf(purpose)).toString('base64url');
    },

    /** @returns null for a value that this server has not sealed for that purpose, and for an expired one */
    open(purpose: string, sealed: string | null): unknown {
      if (!sealed) return null;
      try {
        const text = encryption.decrypt(Buffer.from(sealed, 'base64url'), contextOf(purpose)).toString();
        const kept: unknown = JSON.parse(text);
        return isPlainObject(kept) && Number(kept['until']) > Date.now() ? kept['value'] : null;
      } catch {
        return null;
      }
    },
  };
}
