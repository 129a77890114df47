import { errorCodeOf } from '../platform/error-code.ts';
import { readFileSync } from 'node:fs';
import { ConfigError } from './config-error.ts';

/**
 * Reads a secret that is in a file to keep it out of variables.
 * @throws ConfigError that names the setting, the file and the reason
 */
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
