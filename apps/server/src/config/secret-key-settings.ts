/** Reads the keys that encrypt secrets; only `config.ts` uses this module. */
import { z } from 'zod';
import { ConfigError } from './config-error.ts';

export const secretKeySettings = {
  PUMPHOUSE_SECRET_KEY: z
    .string()
    .min(32)
    .optional()
    .describe('Encrypts secrets and signs tokens (default: a key file in the data folder)'),
  PUMPHOUSE_OTHER_SECRET_KEYS: z
    .string()
    .optional()
    .describe(
      'Previous and next secret keys, separated by commas, which this server only decrypts with; see [several servers](several-servers.md#replacing-the-secret-key)',
    ),
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
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');
  if (keys.some((key) => key.length < 32))
    throw new ConfigError(
      'PUMPHOUSE_OTHER_SECRET_KEYS: each key has at least 32 characters, and commas separate keys. Give a key that has a comma in base64.',
    );
  return keys;
}
