import type { Encryption } from '../../platform/encryption.ts';
import type { VariableScope } from '../../store/records.ts';

/** Encrypts a secret value for its row: in another row it cannot be decrypted. */
export function sealVariable(
  encryption: Encryption,
  scope: VariableScope,
  name: string,
  value: string,
): Buffer {
  return encryption.encrypt(Buffer.from(value), describePlace(scope, name));
}

/** @throws Error naming the variable if it was sealed with another key, or for another row */
export function openVariable(
  encryption: Encryption,
  scope: VariableScope,
  name: string,
  sealed: Buffer,
): string {
  try {
    return encryption.decrypt(sealed, describePlace(scope, name)).toString();
  } catch (error) {
    const words = `The secret variable ${name} cannot be opened: the secret key of the server is not the one it was stored under`;
    throw new Error(words, { cause: error });
  }
}

/** JSON, so that no two rows have the same description. */
function describePlace({ workspaceId, profile }: VariableScope, name: string): string {
  return JSON.stringify(['variable', workspaceId, profile, name]);
}
