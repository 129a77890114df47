/** The format of ciphertexts: mark, key id, nonce, tag, body. Those written before keys had ids are nonce, tag, body. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** A ciphertext without a mark begins with a random nonce, which equals the mark once in 2^64. */
const mark = Buffer.from('pumpkey1');
const keyIdBytes = 8;
/** Bytes of the mark and the key id. */
export const headerBytes = mark.length + keyIdBytes;
const nonceBytes = 12;
const tagBytes = 16;

/** A ciphertext names a key that this server does not have. */
export class UnknownKeyError extends Error {
  override readonly name = 'UnknownKeyError';
  readonly code = 'secret_key_unknown';
  readonly keyId: string;

  constructor(keyId: string) {
    super(
      `secret_key_unknown: it is encrypted under key ${keyId}, which this server does not have. ` +
        'Add that key to PUMPHOUSE_OTHER_SECRET_KEYS and restart the server.',
    );
    this.keyId = keyId;
  }
}

/** Explains why a ciphertext could not be decrypted. */
export function explainClosed(error: unknown): string {
  return error instanceof UnknownKeyError
    ? error.message
    : 'it was altered, or the secret key of the server is not the one it was stored under';
}

/** Returns the first bytes of every ciphertext of a key. */
export function headerOf(keyId: string): Buffer {
  return Buffer.concat([mark, Buffer.from(keyId, 'hex')]);
}

/** Returns the id of the key of a ciphertext; null if it was written before keys had ids. */
export function keyIdOf(sealed: Uint8Array): string | null {
  const header = Buffer.from(sealed.subarray(0, headerBytes));
  if (header.length < headerBytes || !header.subarray(0, mark.length).equals(mark)) return null;
  return header.subarray(mark.length).toString('hex');
}

export function sealCiphertext(
  plain: Uint8Array,
  { keyId, dataKey, context }: { keyId: string; dataKey: Uint8Array; context: string },
): Buffer {
  const header = headerOf(keyId);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', dataKey, nonce).setAAD(authenticate(header, context));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([header, nonce, cipher.getAuthTag(), body]);
}

/** @throws Error if the bytes or the header were altered, or belong to another context or key */
export function openCiphertext(
  sealed: Uint8Array,
  { dataKey, context }: { dataKey: Uint8Array; context: string },
): Buffer {
  const header = sealed.subarray(0, keyIdOf(sealed) === null ? 0 : headerBytes);
  const rest = sealed.subarray(header.length);
  const decipher = createDecipheriv('aes-256-gcm', dataKey, rest.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  })
    .setAAD(authenticate(header, context))
    .setAuthTag(rest.subarray(nonceBytes, nonceBytes + tagBytes));
  return Buffer.concat([decipher.update(rest.subarray(nonceBytes + tagBytes)), decipher.final()]);
}

/** Authenticates the header together with the context, so that the key id cannot be changed and the mark cannot be removed. */
function authenticate(header: Uint8Array, context: string): Buffer {
  return Buffer.concat([header, Buffer.from(context)]);
}
