import type { Encryption } from '../../platform/encryption.ts';
import { randomBytes } from 'node:crypto';
import { explainClosed } from '../../platform/ciphertext.ts';
import { signingSecretPrefix } from './webhook-signature.ts';

/** 24 to 64 bytes are allowed by the Standard Webhooks specification. */
const signingSecretBytes = 32;

/** The secrets of a target, an alert channel or an event subscription, as they are stored. */
export interface SealedSigningSecrets {
  sealedSigningSecret: Buffer | null;
  /** The replaced secret, which also signs until it expires. */
  sealedPreviousSecret: Buffer | null;
  previousSecretExpiresAt: Date | null;
}

/** Creates a secret in the format of the Standard Webhooks specification. */
export function createSigningSecret(): string {
  return `${signingSecretPrefix}${randomBytes(signingSecretBytes).toString('base64')}`;
}

/** Selects the ciphertexts that sign a message now: the current one first, then a replaced one until it expires. */
export function selectSigningSecrets(target: SealedSigningSecrets, now: Date): Buffer[] {
  const { sealedSigningSecret, sealedPreviousSecret, previousSecretExpiresAt } = target;
  const isValid = previousSecretExpiresAt !== null && previousSecretExpiresAt > now;
  return [sealedSigningSecret, isValid ? sealedPreviousSecret : null].filter((sealed) => sealed !== null);
}

/**
 * Decrypts a secret of a target.
 * @param target.name what an error calls the target, such as `alert channel <id>`
 * @throws Error naming the target if it was sealed with another key; it does not quote the value
 */
export function openSecret(
  encryption: Encryption,
  target: { name: string; context: string },
  sealed: Buffer,
): string {
  try {
    return encryption.decrypt(sealed, target.context).toString();
  } catch (error) {
    throw new Error(`The secrets of the ${target.name} cannot be opened: ${explainClosed(error)}`, {
      cause: error,
    });
  }
}
