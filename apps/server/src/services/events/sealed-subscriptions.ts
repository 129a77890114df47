import type { Encryption } from '../../platform/encryption.ts';
import type { EventSubscriptionRecord } from '../../store/records.ts';
import { openSecret, selectSigningSecrets } from '../deliveries/signing-secrets.ts';

/**
 * Decrypts the URL of a subscription.
 * @throws Error naming the subscription if it was sealed with another key; it does not quote the value
 */
export function openUrl(encryption: Encryption, { id, sealedUrl }: EventSubscriptionRecord): string {
  return openSecret(encryption, { name: nameSubscription(id), context: urlContext(id) }, sealedUrl);
}

/** Decrypts the secrets that sign an event now: the current one first, then a replaced one until it expires. */
export function openSigningSecrets(
  encryption: Encryption,
  subscription: EventSubscriptionRecord,
  now: Date,
): string[] {
  const { id } = subscription;
  const target = { name: nameSubscription(id), context: eventSecretContext(id) };
  return selectSigningSecrets(subscription, now).map((sealed) => openSecret(encryption, target, sealed));
}

const nameSubscription = (subscriptionId: string) => `event subscription ${subscriptionId}`;

/** Ciphertexts of a subscription's URL cannot be opened elsewhere. */
export function urlContext(subscriptionId: string): string {
  return JSON.stringify(['event subscription url', subscriptionId]);
}

export function eventSecretContext(subscriptionId: string): string {
  return JSON.stringify(['event subscription signing secret', subscriptionId]);
}
