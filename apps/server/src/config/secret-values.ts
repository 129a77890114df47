/** Lists the secrets among the settings, so that texts for users can be checked for them. */
import type { BlobsLocation } from '../blobs/blobs-location.ts';
import type { Config } from './config.ts';

/** Values shorter than this are not masked: they occur in ordinary text. */
const minLength = 4;

/** @returns each secret value of the settings as it is used, and as it is written in an address */
export function listSecretSettings(config: Config): string[] {
  const { observability, openId, mail, engine } = config;
  const values = [
    config.secretKey,
    ...config.otherSecretKeys,
    ...listPasswords(config.databaseUrl),
    ...listPasswords(mail?.smtpUrl.href ?? null),
    ...listCredentials(config.blobs),
    ...(config.blobsFallback ? listCredentials(config.blobsFallback) : []),
    openId?.clientSecret,
    observability.metricsToken,
    ...listHeaderSecrets(observability.traces?.headers ?? {}),
    ...listHeaderSecrets(observability.metrics?.headers ?? {}),
    observability.lineage?.transport.kind === 'http' ? observability.lineage.transport.apiKey : null,
    ...engine.addresses.map(({ tls }) => tls?.key),
  ];
  return values.flatMap((value) => (value && value.length >= minLength ? [value] : []));
}

function listCredentials(location: BlobsLocation): (string | undefined)[] {
  return location.kind === 's3' ? [location.settings.credentials?.secretAccessKey] : [];
}

function listPasswords(url: string | null): string[] {
  if (url === null) return [];
  const { password } = new URL(url);
  return [password, decodeURIComponent(password)];
}

/** A value such as `Bearer <token>`, and the token alone. */
function listHeaderSecrets(headers: Record<string, string>): string[] {
  return Object.values(headers).flatMap((value) => [value, ...value.split(' ').slice(1)]);
}
