/** Reads which database the server uses; only `config.ts` uses this module. */
import { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { readSecretFile } from './read-secret-file.ts';
import { settingDetails } from './setting-details.ts';

export const databaseSettings = {
  PUMPHOUSE_DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// address' })
    .optional()
    .register(settingDetails, {
      key: 'database.url',
      description: 'An external Postgres (14 or newer) instead of the embedded one',
      default: 'embedded',
      example: 'postgres://pumphouse@db.example.com:5432/pumphouse',
      secret: 'url',
    }),
  PUMPHOUSE_DATABASE_PASSWORD_FILE: z.string().optional().register(settingDetails, {
    key: 'database.password_file',
    description: 'File with the password for `PUMPHOUSE_DATABASE_URL`, so that it is not in a variable',
  }),
  PUMPHOUSE_ONLINE_MIGRATIONS: z.enum(['0', '1']).default('1').register(settingDetails, {
    key: 'database.online_migrations',
    description:
      'Whether servers apply online migrations while they work; 0 pauses them. See [upgrades](upgrades.md#online-migrations)',
    reload: true,
  }),
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
