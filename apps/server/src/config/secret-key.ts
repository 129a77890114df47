import type { SecretKeys } from '../platform/secret-keys.ts';
import { isErrorCode } from '../platform/error-code.ts';
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../blobs/durable-folder.ts';

/** The settings of secret keys. */
export interface SecretKeySettings {
  dataDir: string;
  /** Null: the key file in the data folder. */
  secretKey: string | null;
  otherSecretKeys: readonly string[];
}

const minKeyBytes = 32;
/** The key file. */
export const keyFile = (dataDir: string): string => join(dataDir, 'secret.key');
/** One key a line, as in the key file. */
export const otherKeysFile = (dataDir: string): string => join(dataDir, 'other-secret.keys');

/**
 * Reads the secret keys of this server. The current key is the setting, otherwise the key file in the data folder (mode 0600), which is
 * created at the first start. The others come from their setting and from the file of other keys. If the setting is used, the key file is
 * one of them: it was the current key before.
 */
export async function readSecretKeys({
  dataDir,
  secretKey,
  otherSecretKeys,
}: SecretKeySettings): Promise<SecretKeys> {
  const current = secretKey ? Buffer.from(secretKey) : await readOrMakeKey(dataDir);
  const fromFile = secretKey ? await readKey(keyFile(dataDir)) : null;
  const others = [
    ...otherSecretKeys.flatMap(readingsOf),
    ...(await readOtherKeys(dataDir)),
    ...(fromFile ? [fromFile] : []),
  ];
  return { current, others };
}

/** Returns the secret keys of the settings and the data folder, without creating one. */
export async function findSecretKeys({
  dataDir,
  secretKey,
  otherSecretKeys,
}: SecretKeySettings): Promise<Uint8Array[]> {
  const fromFile = await readKey(keyFile(dataDir));
  return [
    ...(secretKey ? [Buffer.from(secretKey)] : []),
    ...(fromFile ? [fromFile] : []),
    ...otherSecretKeys.flatMap(readingsOf),
    ...(await readOtherKeys(dataDir)),
  ];
}

/**
 * Creates a new key file. The previous key is written to the file of other keys first, so that a crash in between loses no key.
 * @returns the keys from then on
 */
export async function makeNewKey(dataDir: string): Promise<SecretKeys> {
  const before = await readOrMakeKey(dataDir);
  await writeOtherKeys(dataDir, [before, ...(await readOtherKeys(dataDir))]);
  const draft = await writeDraft(keyFile(dataDir), createKeyText());
  await rename(draft, keyFile(dataDir));
  await syncFolder(dataDir);
  return readSecretKeys({ dataDir, secretKey: null, otherSecretKeys: [] });
}

/** Removes the file of other keys. @returns whether there was one */
export async function removeOtherKeys(dataDir: string): Promise<boolean> {
  const found = await readOtherKeys(dataDir);
  await rm(otherKeysFile(dataDir), { force: true });
  return found.length > 0;
}

/** Two servers that start concurrently agree on one key, because the file appears atomically. */
async function readOrMakeKey(dataDir: string): Promise<Uint8Array> {
  const path = keyFile(dataDir);
  const existing = await readKey(path);
  if (existing) return existing;
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  const draft = await writeDraft(path, createKeyText());
  await link(draft, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft);
  const key = await readKey(path);
  if (!key) throw new Error(`The key file ${path} was removed while it was created.`);
  return key;
}

function createKeyText(): string {
  return randomBytes(48).toString('base64');
}

async function readKey(path: string): Promise<Uint8Array | null> {
  const text = await readText(path);
  return text === null ? null : Buffer.from(text, 'base64');
}

async function readOtherKeys(dataDir: string): Promise<Uint8Array[]> {
  const path = otherKeysFile(dataDir);
  const lines = ((await readText(path)) ?? '').split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => {
    const key = Buffer.from(line, 'base64');
    if (key.length < minKeyBytes)
      throw new Error(
        `${path} contains a line that is not a key. Each line must be the content of a key file.`,
      );
    return key;
  });
}

async function writeOtherKeys(dataDir: string, keys: readonly Uint8Array[]): Promise<void> {
  const lines = new Set(keys.map((key) => Buffer.from(key).toString('base64')));
  const draft = await writeDraft(otherKeysFile(dataDir), `${[...lines].join('\n')}\n`);
  await rename(draft, otherKeysFile(dataDir));
}

/** Writes a temporary file next to `path` that only this user may read. It is on disk when this resolves. */
async function writeDraft(path: string, text: string): Promise<string> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  return draft;
}

/** Returns both readings of a key: the setting takes its text, a key file contains base64. */
function readingsOf(text: string): Uint8Array[] {
  const decoded = Buffer.from(text, 'base64');
  const isBase64 = decoded.length >= minKeyBytes && decoded.toString('base64') === text;
  return isBase64 ? [Buffer.from(text), decoded] : [Buffer.from(text)];
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return null;
    throw error;
  }
}
