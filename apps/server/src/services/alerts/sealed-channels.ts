import type { AlertChannelRecord } from '../../store/records.ts';
import type { Encryption } from '../../platform/encryption.ts';
import { openSecret, selectSigningSecrets } from '../deliveries/signing-secrets.ts';

/**
 * Decrypts the address or routing key of a channel.
 * @throws Error naming the channel if it was sealed with another key; it does not quote the value
 */
export function openTarget(encryption: Encryption, { id, sealedTarget }: AlertChannelRecord): string {
  if (!sealedTarget) throw new Error(`The alert channel ${id} has no target`);
  return openSecret(encryption, { name: nameChannel(id), context: targetContext(id) }, sealedTarget);
}

/** Decrypts the secrets that sign a message now: the current one first, then a replaced one until it expires. */
export function openSigningSecrets(encryption: Encryption, channel: AlertChannelRecord, now: Date): string[] {
  const target = { name: nameChannel(channel.id), context: signingSecretContext(channel.id) };
  return selectSigningSecrets(channel, now).map((sealed) => openSecret(encryption, target, sealed));
}

const nameChannel = (channelId: string) => `alert channel ${channelId}`;

/** Ciphertexts of a channel's address or routing key cannot be opened elsewhere. */
export function targetContext(channelId: string): string {
  return JSON.stringify(['alert channel target', channelId]);
}

export function signingSecretContext(channelId: string): string {
  return JSON.stringify(['alert channel signing secret', channelId]);
}
