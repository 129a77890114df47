import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createEncryption, identifyKey } from './encryption.ts';
import { keyIdOf } from './ciphertext.ts';

const [first, second, third] = [randomBytes(48), randomBytes(48), randomBytes(48)];
const context = 'a place';
const plain = Buffer.from('swordfish');

/** As the release before key ids wrote it. */
function sealWithoutId(secretKey: Buffer): Buffer {
  const dataKey = new Uint8Array(hkdfSync('sha256', secretKey, 'pumphouse', 'data', 32));
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', dataKey, nonce).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

function replaceAt(sealed: Buffer, offset: number, bytes: Uint8Array): Buffer {
  const copy = Buffer.from(sealed);
  copy.set(bytes, offset);
  return copy;
}

describe('ciphertexts', () => {
  it('name the current key, and are opened by every server that has it', () => {
    const before = createEncryption(first).encrypt(plain, context);
    const both = createEncryption({ current: second, others: [first] });
    expect(keyIdOf(before)).toBe(identifyKey(first));
    expect(both.decrypt(before, context)).toEqual(plain);
    const after = both.encrypt(plain, context);
    expect(keyIdOf(after)).toBe(identifyKey(second));
    expect(createEncryption({ current: first, others: [second] }).decrypt(after, context)).toEqual(plain);
  });

  it('of the release before are opened with any known key, and no other', () => {
    const sealed = sealWithoutId(first);
    expect(keyIdOf(sealed)).toBeNull();
    expect(createEncryption(first).decrypt(sealed, context)).toEqual(plain);
    expect(createEncryption({ current: third, others: [second, first] }).decrypt(sealed, context)).toEqual(
      plain,
    );
    expect(() => createEncryption({ current: third, others: [second] }).decrypt(sealed, context)).toThrow();
  });

  it('under an unknown key are refused with a code and the id of the key, and with nothing of any key', () => {
    const sealed = createEncryption(first).encrypt(plain, context);
    const open = () => createEncryption(second).decrypt(sealed, context);
    expect(open).toThrow(`secret_key_unknown: it is encrypted under key ${identifyKey(first)}`);
    expect(open).toThrow(expect.objectContaining({ code: 'secret_key_unknown', keyId: identifyKey(first) }));
    expect(open).not.toThrow(first.toString('base64').slice(0, 12));
  });

  it('are opened neither with another id, nor without their id, nor at another place', () => {
    const both = createEncryption({ current: first, others: [second] });
    const sealed = both.encrypt(plain, context);
    const otherId = Buffer.from(identifyKey(second), 'hex');
    expect(() => both.decrypt(replaceAt(sealed, 8, otherId), context)).toThrow();
    expect(() => both.decrypt(sealed.subarray(16), context)).toThrow();
    expect(() => both.decrypt(sealed, 'another place')).toThrow();
    for (const offset of [0, 8, 16, 28, sealed.length - 1]) {
      const flipped = replaceAt(sealed, offset, Uint8Array.of((sealed[offset] ?? 0) ^ 1));
      expect(() => both.decrypt(flipped, context)).toThrow();
    }
    expect(() => both.decrypt(sealed.subarray(0, 20), context)).toThrow();
    expect(() => both.decrypt(Buffer.alloc(0), context)).toThrow();
  });
});

describe('while the current key changes', () => {
  const old = createEncryption({ current: first, others: [second] });
  const next = createEncryption({ current: second, others: [first] });

  it('signatures of either key are accepted, and of no other', () => {
    expect(next.isSignature('form', old.sign('form'))).toBe(true);
    expect(old.isSignature('form', next.sign('form'))).toBe(true);
    expect(next.isSignature('form', createEncryption(third).sign('form'))).toBe(false);
    expect(next.isSignature('other form', old.sign('form'))).toBe(false);
    expect(next.isSignature('form', '')).toBe(false);
  });

  it('what may follow a refresh token is known on both sides', () => {
    const [byOld] = old.listFollowingRefreshTokens('token');
    const [byNext] = next.listFollowingRefreshTokens('token');
    expect(byOld).not.toBe(byNext);
    expect(next.listFollowingRefreshTokens('token')).toEqual([byNext, byOld]);
  });

  it('a key that is both current and another one counts once', () => {
    const encryption = createEncryption({ current: first, others: [first, second, second] });
    expect(encryption.readableKeyIds).toEqual([identifyKey(first), identifyKey(second)]);
  });
});
