import { generateX25519Identity, identityToRecipient } from 'age-encryption';

/** A pair of keys of age. */
export interface BackupKey {
  /** Encrypts: for the settings of servers. */
  recipient: string;
  /** Decrypts: kept away from the server, and needed for a restore. */
  identity: string;
}

export async function makeBackupKey(): Promise<BackupKey> {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/**
 * Reads the secret keys from the text of a key file: one a line, with comments, as age-keygen writes it.
 * @throws Error if it has none
 */
export function readBackupKeys(text: string): string[] {
  const keys = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (keys.length === 0 || keys.some((key) => !key.startsWith('AGE-SECRET-KEY-')))
    throw new Error(
      'The key file must have a secret key of age on each line, AGE-SECRET-KEY-1..., and nothing else.',
    );
  return keys;
}
