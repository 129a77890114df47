import { createHmac } from 'node:crypto';

/** The prefix of signing secrets in the Standard Webhooks specification. */
export const signingSecretPrefix = 'whsec_';

/**
 * Builds the headers of the Standard Webhooks specification: HMAC-SHA256 over id, timestamp and body.
 * @param secrets `whsec_` and base64; more than one while a secret is replaced
 */
export function signWebhook(
  secrets: readonly string[],
  { id, timestampSeconds, body }: { id: string; timestampSeconds: number; body: string },
): Record<string, string> {
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(signingSecretPrefix.length), 'base64');
    const digest = createHmac('sha256', key).update(`${id}.${timestampSeconds}.${body}`).digest('base64');
    return `v1,${digest}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': `${timestampSeconds}`,
    'webhook-signature': signatures.join(' '),
  };
}
