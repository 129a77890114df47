/** Reads the keys that encrypt secrets; only `config.ts` uses this module. */
import { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { settingDetails } from './setting-details.ts';

export const secretKeySettings = {
  PUMPHOUSE_SECRET_KEY: z.string().min(32).optional().register(settingDetails, {
    key: 'encryption.secret_key',
    description: 'Encrypts secrets and signs tokens',
    secret: 'value',
    default: 'key file in the data folder',
  }),
  PUMPHOUSE_OTHER_SECRET_KEYS: z.string().optional().register(settingDetails, {
    key: 'encryption.other_secret_keys',
    description:
      'Previous and next secret keys, separated by commas (in a file also by line breaks), which this server only decrypts with; see [several servers](several-servers.md#replacing-the-secret-key)',
    secret: 'value',
    form: 'list',
    default: 'file `other-secret.keys` in the data folder',
  }),
} as const;

type Values = z.output<z.ZodObject<typeof secretKeySettings>>;

export interface SecretKeyConfig {
  secretKey: string | null;
  /** Keys that the server only reads with. */
  otherSecretKeys: string[];
}

/** @throws ConfigError that names no key */
export function readSecretKeys(values: Values): SecretKeyConfig {
  return {
    secretKey: values.PUMPHOUSE_SECRET_KEY ?? null,
    otherSecretKeys: readOtherSecretKeys(values.PUMPHOUSE_OTHER_SECRET_KEYS),
  };
}

function readOtherSecretKeys(text: string | undefined): string[] {
  const keys = (text ?? '')
    .split(/[,\n]/)
    .map((key) => key.trim())
    .filter((key) => key !== '');
  if (keys.some((key) => key.length < 32))
    throw new ConfigError(
      'PUMPHOUSE_OTHER_SECRET_KEYS: each key has at least 32 characters, and commas separate keys. Give a key that has a comma in base64.',
    );
  return keys;
}
