/** Disk usage of environments and of build caches. */
import { randomUUID } from 'node:crypto';
import { lstat, opendir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnvironmentLocation, ListedCache } from '../contract/environment-builder.ts';
import { isEnvironmentPath, locateCaches } from './environment-paths.ts';
import { isErrorCode } from '../../platform/error-code.ts';
import { isSafeName } from '../safe-name.ts';

export async function measureEnvironment(dataDir: string, location: EnvironmentLocation): Promise<number> {
  return isEnvironmentPath(dataDir, location) ? measureFolder(location.path) : 0;
}

/** A cache has a part for each workspace of its organization. */
export async function listCaches(dataDir: string): Promise<ListedCache[]> {
  const folder = locateCaches(dataDir);
  const caches: ListedCache[] = [];
  for (const name of await listNames(folder)) {
    const path = join(folder, name);
    const found = await lstat(path).catch(() => null);
    if (found?.isDirectory() !== true) continue;
    caches.push({ organizationId: name, sizeBytes: await measureFolder(path), changedAt: found.mtime });
  }
  return caches;
}

/** Moves the cache aside first, which is fast: a build that starts meanwhile creates a new cache. */
export async function removeCache(dataDir: string, organizationId: string): Promise<void> {
  if (!isSafeName(organizationId)) return;
  const folder = locateCaches(dataDir);
  await rename(join(folder, organizationId), join(folder, `${asideMark}${randomUUID()}`)).catch(
    ignoreAbsence,
  );
  // Include the rest of interrupted removals.
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(asideMark))) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Name prefix of caches that are being removed. */
export const asideMark = '.removed-';

/** Names of folders that the executor created; a leading dot marks folders that are not in use. */
async function listNames(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).filter(isSafeName);
}

/**
 * Disk usage of a folder in bytes. A file of the package store is divided equally among the environments that
 * link to it. Symbolic links are not followed, because a package may contain any.
 */
export async function measureFolder(folder: string): Promise<number> {
  let bytes = 0;
  const entries = await opendir(folder).catch(() => null);
  if (entries === null) return 0;
  for await (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await measureFolder(path);
    else bytes += shareOfFile(await lstat(path).catch(() => null));
  }
  return Math.round(bytes);
}

function shareOfFile(file: { blocks: number; nlink: number } | null): number {
  if (file === null) return 0;
  // One of the links is the store's own.
  return (file.blocks * blockBytes) / Math.max(1, file.nlink - 1);
}

/** The unit of `blocks`, independent of the disk's block size. */
const blockBytes = 512;

function ignoreAbsence(error: unknown): void {
  if (!isErrorCode(error, 'ENOENT')) throw error;
}
