import type { Encryption } from '../../platform/encryption.ts';
import type { VariableScope } from '../../store/records.ts';
import { explainClosed } from '../../platform/ciphertext.ts';

/** Encrypts a secret value for its row: in another row it cannot be decrypted. */
export function sealVariable(
  encryption: Encryption,
  scope: VariableScope,
  name: string,
  value: string,
): Buffer {
  return encryption.encrypt(Buffer.from(value), variableContext(scope, name));
}

/** @throws Error naming the variable if it was sealed with another key, or for another row */
export function openVariable(
  encryption: Encryption,
  scope: VariableScope,
  name: string,
  sealed: Buffer,
): string {
  try {
    return encryption.decrypt(sealed, variableContext(scope, name)).toString();
  } catch (error) {
    throw new Error(`The secret variable ${name} cannot be opened: ${explainClosed(error)}`, {
      cause: error,
    });
  }
}

/** JSON, so that no two places have one description. */
export function variableContext({ workspaceId, profile }: VariableScope, name: string): string {
  return JSON.stringify(['variable', workspaceId, profile, name]);
}
