import type { KeyObject } from 'node:crypto';
import type { SecretKeys } from '../config/secret-key.ts';
import { createHmac, createPrivateKey, createPublicKey, hkdfSync, timingSafeEqual } from 'node:crypto';
import { keyIdOf, openCiphertext, sealCiphertext, UnknownKeyError } from './ciphertext.ts';

/**
 * Everything the server derives from its secret keys. Purposes have keys of their own, so no value serves for another. The current key
 * writes; the other keys only read, so that the current one can be replaced while servers run.
 */
export interface Encryption {
  /** The id of the current key. It reveals nothing of the key. */
  keyId: string;
  /** The ids of all keys that this server reads with, the current one first. */
  readableKeyIds: readonly string[];
  /** AES-256-GCM under the current key. `context` (such as the id of what is stored) must be the same at both ends. */
  encrypt(plain: Uint8Array, context: string): Buffer;
  /** @throws UnknownKeyError for a key that this server does not have, Error for altered bytes and another context */
  decrypt(sealed: Uint8Array, context: string): Buffer;
  /** For JSON Web Tokens that only this server reads. */
  tokenKey: Uint8Array;
  /** Keys under which such tokens are accepted, the current one first. */
  acceptedTokenKeys: readonly Uint8Array[];
  /** Ed25519, for the tokens of people, which their clients read. All servers that share the secret key have the same. */
  personKeys: { privateKey: KeyObject; publicKey: KeyObject };
  /** Keys under which such tokens are accepted, the current one first. */
  acceptedPersonKeys: readonly KeyObject[];
  /** A stable unguessable name for a value, until the current key changes. */
  sign(value: string): string;
  /** Whether `signature` is that of the value, under any known key. */
  isSignature(value: string, signature: string): boolean;
  /**
   * What may follow a refresh token, the same for everybody who presents it, and known to nobody without the secret key. A new one is the
   * first; another server may have taken another one while the current key changes.
   */
  listFollowingRefreshTokens(token: string): [string, ...string[]];
}

interface DerivedKeys {
  id: string;
  dataKey: Uint8Array;
  signKey: Uint8Array;
  refreshKey: Uint8Array;
  tokenKey: Uint8Array;
  personKeys: Encryption['personKeys'];
}

/** @param secretKeys at least 32 random bytes each, never stored in the database; a single key has no others */
export function createEncryption(secretKeys: Uint8Array | SecretKeys): Encryption {
  const { current, others } =
    secretKeys instanceof Uint8Array ? { current: secretKeys, others: [] } : secretKeys;
  const own = deriveKeys(current);
  const byId = new Map([own, ...others.map(deriveKeys)].map((keys) => [keys.id, keys]));
  const all = [...byId.values()];
  const nameWith = (key: Uint8Array, value: string) =>
    createHmac('sha256', key).update(value).digest('base64url');
  const follow = ({ refreshKey }: DerivedKeys, token: string) => `dlt_r_${nameWith(refreshKey, token)}`;
  return {
    keyId: own.id,
    readableKeyIds: all.map(({ id }) => id),
    encrypt: (plain, context) => sealCiphertext(plain, { keyId: own.id, dataKey: own.dataKey, context }),
    decrypt(sealed, context) {
      const keyId = keyIdOf(sealed);
      const candidates = keyId === null ? all : all.filter(({ id }) => id === keyId);
      if (keyId !== null && candidates.length === 0) throw new UnknownKeyError(keyId);
      return openWithAny(sealed, candidates, context);
    },
    tokenKey: own.tokenKey,
    acceptedTokenKeys: all.map(({ tokenKey }) => tokenKey),
    personKeys: own.personKeys,
    acceptedPersonKeys: all.map(({ personKeys }) => personKeys.publicKey),
    sign: (value) => nameWith(own.signKey, value),
    isSignature: (value, signature) =>
      all.some(({ signKey }) => isSameText(nameWith(signKey, value), signature)),
    listFollowingRefreshTokens: (token) => [
      follow(own, token),
      ...all.slice(1).map((keys) => follow(keys, token)),
    ],
  };
}

/** The id of a key: a fingerprint that reveals nothing of it, since it is derived as the other keys are. */
export function identifyKey(secretKey: Uint8Array): string {
  return Buffer.from(derive(secretKey, 'key-id', 8)).toString('hex');
}

function openWithAny(sealed: Uint8Array, candidates: readonly DerivedKeys[], context: string): Buffer {
  let failure: unknown;
  for (const { dataKey } of candidates) {
    try {
      return openCiphertext(sealed, { dataKey, context });
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function isSameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function derive(secretKey: Uint8Array, purpose: string, bytes = 32): Uint8Array {
  if (secretKey.length < 32) throw new Error('The secret key must have at least 32 bytes');
  return new Uint8Array(hkdfSync('sha256', secretKey, 'pumphouse', purpose, bytes));
}

function deriveKeys(secretKey: Uint8Array): DerivedKeys {
  return {
    id: identifyKey(secretKey),
    dataKey: derive(secretKey, 'data'),
    signKey: derive(secretKey, 'sign'),
    refreshKey: derive(secretKey, 'refresh-tokens'),
    tokenKey: derive(secretKey, 'tokens'),
    personKeys: toEd25519(derive(secretKey, 'person-tokens')),
  };
}

/** A PKCS #8 document of an Ed25519 key up to its seed (RFC 8410, section 7). */
const ed25519Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

function toEd25519(seed: Uint8Array): Encryption['personKeys'] {
  const key = Buffer.concat([ed25519Prefix, seed]);
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}
