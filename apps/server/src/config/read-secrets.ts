/** Reads settings that are secret, or that are in a file to keep them out of variables. */
import { errorCodeOf } from '../platform/error-code.ts';
import { readFileSync } from 'node:fs';
import type { OpenIdSettings } from '../services/sign-in/open-id.ts';
import { ConfigError } from './config-error.ts';
import { isLoopbackHost } from './allowed-hosts.ts';

interface DatabaseValues {
  PUMPHOUSE_DATABASE_URL?: string | undefined;
  PUMPHOUSE_DATABASE_PASSWORD_FILE?: string | undefined;
}

interface OpenIdValues {
  PUMPHOUSE_OIDC_ISSUER?: string | undefined;
  PUMPHOUSE_OIDC_CLIENT_ID?: string | undefined;
  PUMPHOUSE_OIDC_CLIENT_SECRET?: string | undefined;
  PUMPHOUSE_OIDC_CLIENT_SECRET_FILE?: string | undefined;
  PUMPHOUSE_OIDC_NAME?: string | undefined;
  PUMPHOUSE_OIDC_SIGN_UP: OpenIdSettings['signUp'];
}

/**
 * Reads the URL of an external database with its password; null for the embedded one.
 * @throws ConfigError
 */
export function readDatabaseUrl(values: DatabaseValues): string | null {
  const { PUMPHOUSE_DATABASE_URL: url, PUMPHOUSE_DATABASE_PASSWORD_FILE: file } = values;
  if (!file) return url ?? null;
  if (!url) throw new ConfigError('PUMPHOUSE_DATABASE_PASSWORD_FILE needs PUMPHOUSE_DATABASE_URL as well.');
  const withPassword = new URL(url);
  if (withPassword.password)
    throw new ConfigError(
      'PUMPHOUSE_DATABASE_URL has a password, and PUMPHOUSE_DATABASE_PASSWORD_FILE is set too. Remove one of the two.',
    );
  // Encode it first, because the setter does not encode a percent sign.
  withPassword.password = encodeURIComponent(readSecretFile('PUMPHOUSE_DATABASE_PASSWORD_FILE', file));
  return withPassword.href;
}

/** @throws ConfigError that names no key */
export function readOtherSecretKeys(text: string | undefined): string[] {
  const keys = (text ?? '')
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');
  if (keys.some((key) => key.length < 32))
    throw new ConfigError(
      'PUMPHOUSE_OTHER_SECRET_KEYS: each key has at least 32 characters, and commas separate keys. Give a key that has a comma in base64.',
    );
  return keys;
}

/** @throws ConfigError */
export function readSecretFile(setting: string, file: string): string {
  let secret: string;
  try {
    secret = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new ConfigError(
      `${setting}: ${file} cannot be read (${errorCodeOf(error)}). ` +
        'Give a file that the user of the server can read.',
    );
  }
  if (secret === '') throw new ConfigError(`${setting}: ${file} is empty.`);
  return secret;
}

/** @throws ConfigError */
export function readOpenId(values: OpenIdValues): OpenIdSettings | null {
  const { PUMPHOUSE_OIDC_ISSUER: issuer, PUMPHOUSE_OIDC_CLIENT_ID: clientId } = values;
  const { PUMPHOUSE_OIDC_CLIENT_SECRET: secret, PUMPHOUSE_OIDC_CLIENT_SECRET_FILE: file } = values;
  if (!issuer) {
    if (clientId || secret || file)
      throw new ConfigError('PUMPHOUSE_OIDC_CLIENT_ID and its secret need PUMPHOUSE_OIDC_ISSUER as well.');
    return null;
  }
  if (!clientId) throw new ConfigError('PUMPHOUSE_OIDC_ISSUER needs PUMPHOUSE_OIDC_CLIENT_ID as well.');
  if (secret && file)
    throw new ConfigError(
      'PUMPHOUSE_OIDC_CLIENT_SECRET and PUMPHOUSE_OIDC_CLIENT_SECRET_FILE are both set. Remove one of the two.',
    );
  const { protocol, hostname } = new URL(issuer);
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopbackHost(hostname.replace(/^\[|\]$/g, ''))))
    throw new ConfigError(`PUMPHOUSE_OIDC_ISSUER is ${issuer}: a provider must use https.`);
  return {
    issuer,
    clientId,
    clientSecret: file ? readSecretFile('PUMPHOUSE_OIDC_CLIENT_SECRET_FILE', file) : (secret ?? null),
    name: values.PUMPHOUSE_OIDC_NAME ?? hostname,
    signUp: values.PUMPHOUSE_OIDC_SIGN_UP,
  };
}
