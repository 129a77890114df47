import type { KeyObject } from 'node:crypto';
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  randomBytes,
} from 'node:crypto';

/**
 * All keys that the server derives from its one secret key. Each purpose has its own key, so that values are
 * not interchangeable.
 */
export interface Encryption {
  /**
   * AES-256-GCM. `context` (such as the id of the stored row) must be the same for encryption and decryption.
   */
  encrypt(plain: Uint8Array, context: string): Buffer;
  /** @throws if the bytes were altered, belong to another context, or were encrypted with another key */
  decrypt(sealed: Uint8Array, context: string): Buffer;
  /** For JSON Web Tokens that only this server reads. */
  tokenKey: Uint8Array;
  /**
   * Ed25519, for the tokens of users, which their clients read. All servers with the same secret key have the
   * same key pair.
   */
  personKeys: { privateKey: KeyObject; publicKey: KeyObject };
  /** Returns a stable, unguessable name for a value. */
  sign(value: string): string;
  /**
   * Derives the successor of a refresh token: the same for everyone who presents it, and unpredictable
   * without the secret key.
   */
  followRefreshToken(token: string): string;
}

const ivBytes = 12;
const tagBytes = 16;

/** @param secretKey at least 32 random bytes, never stored in the database */
export function createEncryption(secretKey: Uint8Array): Encryption {
  if (secretKey.length < 32) throw new Error('The secret key must have at least 32 bytes');
  const derive = (purpose: string) => new Uint8Array(hkdfSync('sha256', secretKey, 'pumphouse', purpose, 32));
  const dataKey = derive('data');
  const signKey = derive('sign');
  const refreshKey = derive('refresh-tokens');
  return {
    tokenKey: derive('tokens'),
    personKeys: toEd25519(derive('person-tokens')),
    encrypt(plain, context) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', dataKey, iv).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]);
    },
    decrypt(sealed, context) {
      const decipher = createDecipheriv('aes-256-gcm', dataKey, sealed.subarray(0, ivBytes))
        .setAAD(Buffer.from(context))
        .setAuthTag(sealed.subarray(ivBytes, ivBytes + tagBytes));
      return Buffer.concat([decipher.update(sealed.subarray(ivBytes + tagBytes)), decipher.final()]);
    },
    sign: (value) => createHmac('sha256', signKey).update(value).digest('base64url'),
    followRefreshToken: (token) =>
      `dlt_r_${createHmac('sha256', refreshKey).update(token).digest('base64url')}`,
  };
}

/** A PKCS #8 document of an Ed25519 key up to its seed (RFC 8410, section 7). */
const ed25519Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

function toEd25519(seed: Uint8Array): Encryption['personKeys'] {
  const key = Buffer.concat([ed25519Prefix, seed]);
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}
