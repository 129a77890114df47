import type { Argon2Parameters } from '../sign-in/passwords.ts';
import { argon2 } from 'node:crypto';
import { promisify } from 'node:util';
import { createPasswords } from '../sign-in/passwords.ts';

const derive = promisify(argon2);

/**
 * Computes a hash with the least memory and passes of argon2id. A real one takes tenths of a second, and tests
 * compute hundreds.
 */
export const deriveCheaply = (algorithm: 'argon2id', parameters: Argon2Parameters): Promise<Buffer> =>
  derive(algorithm, { ...parameters, memory: 8 * parameters.parallelism, passes: 1 });

/** Passwords with cheap hashes, which no others can verify. */
export const cheapPasswords = createPasswords(deriveCheaply);
