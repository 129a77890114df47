import type { KeyObject } from 'node:crypto';
import type { SecretKeys } from './secret-keys.ts';
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import { keyIdOf, openCiphertext, sealCiphertext, UnknownKeyError } from './ciphertext.ts';

/**
 * All keys that the server derives from its secret keys. Each purpose has its own key, so that values are not interchangeable. The
 * current key encrypts and signs. The other keys only decrypt and verify, so that the current key can be replaced while servers run.
 */
export interface Encryption {
  /** The id of the current key. It reveals nothing about the key. */
  keyId: string;
  /** The ids of all keys of this server, the current one first. */
  readableKeyIds: readonly string[];
  /** AES-256-GCM with the current key. `context` (such as the id of the stored row) must be the same for encryption and decryption. */
  encrypt(plain: Uint8Array, context: string): Buffer;
  /** @throws UnknownKeyError if this server lacks the key, Error if the bytes were altered or belong to another context */
  decrypt(sealed: Uint8Array, context: string): Buffer;
  /** For JSON Web Tokens that only this server reads. */
  tokenKey: Uint8Array;
  /** Keys that verify such tokens, the current one first. */
  acceptedTokenKeys: readonly Uint8Array[];
  /** Ed25519, for the tokens of users, which their clients read. All servers with the same secret key have the same key pair. */
  personKeys: { privateKey: KeyObject; publicKey: KeyObject };
  /** Keys that verify such tokens, the current one first. */
  acceptedPersonKeys: readonly KeyObject[];
  /** Reports whether a text is a JWT that any key of this server signed, valid or not. */
  isOwnToken(text: string): boolean;
  /** Returns an unguessable name for a value, which is stable until the current key changes. */
  sign(value: string): string;
  /** Reports whether any key of this server made this signature of the value. */
  isSignature(value: string, signature: string): boolean;
  /** Returns the proof that a server of the installation made this message for another one. */
  proveToServer(message: string): string;
  /** Reports whether a server with any key of this one made the proof. */
  isFromServer(message: string, proof: string): boolean;
  /**
   * Derives the possible successors of a refresh token: the same for every caller, and unpredictable without the secret key. New tokens
   * use the first. While the current key is being replaced, another server may have used another one.
   */
  listFollowingRefreshTokens(token: string): [string, ...string[]];
}

interface DerivedKeys {
  id: string;
  dataKey: Uint8Array;
  signKey: Uint8Array;
  refreshKey: Uint8Array;
  serversKey: Uint8Array;
  tokenKey: Uint8Array;
  personKeys: Encryption['personKeys'];
}

/** @param secretKeys at least 32 random bytes each, never stored in the database; a single value is the current key without others */
export function createEncryption(secretKeys: Uint8Array | SecretKeys): Encryption {
  const { current, others } =
    secretKeys instanceof Uint8Array ? { current: secretKeys, others: [] } : secretKeys;
  const own = deriveKeys(current);
  const byId = new Map([own, ...others.map(deriveKeys)].map((keys) => [keys.id, keys]));
  const all = [...byId.values()];
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
    isOwnToken: (text) => all.some((keys) => hasSigned(keys, text)),
    sign: (value) => nameWith(own.signKey, value),
    isSignature: (value, signature) =>
      all.some(({ signKey }) => isSameText(nameWith(signKey, value), signature)),
    proveToServer: (message) => nameWith(own.serversKey, message),
    isFromServer: (message, proof) =>
      all.some(({ serversKey }) => isSameText(nameWith(serversKey, message), proof)),
    listFollowingRefreshTokens: (token) => [
      follow(own, token),
      ...all.slice(1).map((keys) => follow(keys, token)),
    ],
  };
}

function hasSigned({ tokenKey, personKeys }: DerivedKeys, token: string): boolean {
  const [, signed = '', signature = ''] = /^([\w-]+\.[\w-]+)\.([\w-]+)$/.exec(token) ?? [];
  if (isSameText(nameWith(tokenKey, signed), signature)) return true;
  return verify(null, Buffer.from(signed), personKeys.publicKey, Buffer.from(signature, 'base64url'));
}

/** Returns the id of a key: a fingerprint that reveals nothing about it, because it is derived like the other keys. */
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

function nameWith(key: Uint8Array, value: string): string {
  return createHmac('sha256', key).update(value).digest('base64url');
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
    serversKey: derive(secretKey, 'servers'),
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
