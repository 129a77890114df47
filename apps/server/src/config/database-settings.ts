/** Reads which database the server uses; only `config.ts` uses this module. */
import { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { readSecretFile } from './read-secret-file.ts';

export const databaseSettings = {
  PUMPHOUSE_DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// address' })
    .optional()
    .describe('An external Postgres (14 or newer) instead of the embedded one'),
  PUMPHOUSE_DATABASE_PASSWORD_FILE: z
    .string()
    .optional()
    .describe('File with the password for `PUMPHOUSE_DATABASE_URL`, so that it is not in a variable'),
} as const;

type Values = z.output<z.ZodObject<typeof databaseSettings>>;

/**
 * Reads the URL of an external database with its password; null for the embedded one.
 * @throws ConfigError
 */
export function readDatabaseUrl(values: Values): string | null {
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
