import { SecretValue, type Attributes } from '../entries/entry.ts';

/**
 * The attributes of a secret URL in the file. The host is included if the secret is available: a different host
 * means that the URL has changed.
 */
export function readTargetUrl(
  reference: string,
  availableSecret: (reference: string) => string | null,
): Attributes {
  const host = URL.parse(availableSecret(reference) ?? '')
    ?.hostname.replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
  return { ...(host && { host }), url: new SecretValue(reference) };
}
