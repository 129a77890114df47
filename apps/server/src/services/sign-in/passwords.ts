import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { createGate } from './gate.ts';

export interface Argon2Parameters {
  message: string;
  nonce: Uint8Array;
  tagLength: number;
  /** In KiB. */
  memory: number;
  passes: number;
  parallelism: number;
}

type Derive = (algorithm: 'argon2id', parameters: Argon2Parameters) => Promise<Buffer>;

export type Passwords = ReturnType<typeof createPasswords>;

/** The second recommendation of RFC 9106: 64 MiB, 3 passes, 4 lanes. */
const settings = { memory: 64 * 1024, passes: 3, parallelism: 4 };
const tagLength = 32;
const phcPattern = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/**
 * Computes argon2id hashes as PHC strings. A hash takes one of libuv's four threads for some tenths of a
 * second, and 64 MiB of memory. So two run concurrently, which leaves threads for files and name resolution,
 * with a short queue.
 */
export function createPasswords(derive: Derive = promisify(argon2)) {
  const gate = createGate({ atOnce: 2, waiting: 16 });

  function compute(password: string, nonce: Uint8Array, chosen: typeof settings, length: number) {
    // The same password may arrive as different code points from another keyboard (NIST SP 800-63B, 5.1.1.2).
    const message = password.normalize('NFKC');
    return gate.pass('', () => derive('argon2id', { message, nonce, tagLength: length, ...chosen }));
  }

  return {
    async hash(password: string): Promise<string> {
      const nonce = randomBytes(16);
      const hash = await compute(password, nonce, settings, tagLength);
      return `$argon2id$v=19$m=${settings.memory},t=${settings.passes},p=${settings.parallelism}$${encode(nonce)}$${encode(hash)}`;
    },

    /**
     * Verifies a password. Without a stored hash it takes as long and returns false, so that nothing reveals
     * whether the account exists or has a password.
     */
    async verify(password: string, stored: string | null): Promise<boolean> {
      const known = stored === null ? null : parse(stored);
      const expected = known?.hash ?? randomBytes(tagLength);
      const computed = await compute(
        password,
        known?.nonce ?? randomBytes(16),
        known?.settings ?? settings,
        expected.length,
      );
      return timingSafeEqual(computed, expected) && known !== null;
    },
  };
}

/** @throws Error if the stored hash was not written by this program */
function parse(stored: string) {
  const [, memory, passes, parallelism, nonce = '', hash = ''] = phcPattern.exec(stored) ?? [];
  if (!memory) throw new Error('A stored password hash cannot be read');
  return {
    settings: { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
    nonce: Buffer.from(nonce, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  };
}

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}
