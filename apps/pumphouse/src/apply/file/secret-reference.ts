import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { CommandError } from '../../errors/command-error.ts';
import { exitCodes } from '../../errors/exit-codes.ts';

const pattern = /^\$\{(env|file):([^{}]+)\}$/;

/** A secret in the file: a reference to a variable of the environment, or to a file; never the secret itself. */
export const secretReference = z
  .string()
  .regex(pattern, 'must be a reference such as ${env:NAME} or ${file:path}, never the secret itself')
  .describe('Reference to a secret: ${env:NAME} or ${file:path}');

/** Where secrets are read from. */
export interface SecretSource {
  env: NodeJS.ProcessEnv;
  /** The folder of relative paths. */
  folder: string;
}

/** Reads the secret that a reference names; null if the variable is not set or the file does not exist. */
export async function readSecret(reference: string, { env, folder }: SecretSource): Promise<string | null> {
  const [, kind, name = ''] = pattern.exec(reference) ?? [];
  if (kind === 'env') return env[name] || null;
  try {
    return (await readFile(resolve(folder, name), 'utf8')).replace(/\r?\n$/, '') || null;
  } catch {
    return null;
  }
}

/** The error about secrets that a change needs and that cannot be read. */
export function createMissingSecretError(references: readonly string[]): CommandError {
  return new CommandError('Secrets are missing.', {
    code: 'secret_not_available',
    exitCode: exitCodes.usage,
    nextStep: 'Set the variables or create the files. Nothing was changed.',
    lines: [...new Set(references)].map(
      (reference) =>
        `${reference} ${reference.startsWith('${env') ? 'is not set' : 'cannot be read, or is empty'}`,
    ),
  });
}
