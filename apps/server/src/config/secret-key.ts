import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Reads the installation's secret key: from the setting, otherwise from the key file in the data folder (mode
 * 0600), which is created at the first start. Two servers that start concurrently agree on one key, because
 * the file appears atomically.
 */
export async function readSecretKey(dataDir: string, setting: string | null): Promise<Uint8Array> {
  if (setting) return Buffer.from(setting);
  const path = join(dataDir, 'secret.key');
  const known = await readKey(path);
  if (known) return known;
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(randomBytes(48).toString('base64'));
    await file.sync();
  } finally {
    await file.close();
  }
  await link(draft, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft);
  const key = await readKey(path);
  if (!key) throw new Error(`The key file ${path} vanished while it was made.`);
  return key;
}

async function readKey(path: string): Promise<Uint8Array | null> {
  try {
    return Buffer.from(await readFile(path, 'utf8'), 'base64');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
