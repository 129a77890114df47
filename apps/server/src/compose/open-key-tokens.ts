import type { Config } from '../config/config.ts';
import type { Persistence } from '../store/store.ts';
import { createCredentials } from '../services/sign-in/credentials.ts';
import { createEncryption } from '../platform/encryption.ts';
import { readSecretKeys } from '../config/secret-key.ts';

/** Opens the use case of `admin create-key --jwt` with the keys from the command's settings. */
export async function openKeyTokens(
  config: Config,
  persistence: Persistence,
): Promise<(secret: string) => Promise<string>> {
  const encryption = createEncryption(await readSecretKeys(config));
  const credentials = createCredentials(persistence, encryption);
  return (secret) => credentials.issueKeyToken(secret);
}
