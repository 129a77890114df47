import type { AlertChannelRecord } from '../../store/records.ts';
import type { Encryption } from '../../platform/encryption.ts';
import { randomBytes } from 'node:crypto';
import { explainClosed } from '../../platform/ciphertext.ts';
import { signingSecretPrefix } from '../../domain/alerts/webhook-signature.ts';

/** 24 to 64 bytes are allowed by the Standard Webhooks specification. */
const signingSecretBytes = 32;

export function createSigningSecret(): string {
  return `${signingSecretPrefix}${randomBytes(signingSecretBytes).toString('base64')}`;
}

/**
 * Decrypts the address or routing key of a channel.
 * @throws Error naming the channel if it was sealed with another key; it does not quote the value
 */
export function openTarget(encryption: Encryption, channel: AlertChannelRecord): string {
  if (!channel.sealedTarget) throw new Error(`The alert channel ${channel.id} has no target`);
  return open(encryption, channel, channel.sealedTarget, targetContext(channel.id));
}

/** Decrypts the secrets that sign a message now: the current one first, then a replaced one until it expires. */
export function openSigningSecrets(encryption: Encryption, channel: AlertChannelRecord, now: Date): string[] {
  const { sealedSigningSecret, sealedPreviousSecret, previousSecretExpiresAt } = channel;
  const isValid = previousSecretExpiresAt !== null && previousSecretExpiresAt > now;
  return [sealedSigningSecret, isValid ? sealedPreviousSecret : null].flatMap((sealed) =>
    sealed ? [open(encryption, channel, sealed, signingSecretContext(channel.id))] : [],
  );
}

function open(encryption: Encryption, { id }: AlertChannelRecord, sealed: Buffer, context: string): string {
  try {
    return encryption.decrypt(sealed, context).toString();
  } catch (error) {
    throw new Error(`The secrets of the alert channel ${id} cannot be opened: ${explainClosed(error)}`, {
      cause: error,
    });
  }
}

/** Ciphertexts of a channel's address or routing key cannot be opened elsewhere. */
export function targetContext(channelId: string): string {
  return JSON.stringify(['alert channel target', channelId]);
}

export function signingSecretContext(channelId: string): string {
  return JSON.stringify(['alert channel signing secret', channelId]);
}
