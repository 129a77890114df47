/** What environments and the caches of their builders take on the disk. */
import { randomUUID } from 'node:crypto';
import { lstat, opendir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnvironmentLocation, ListedCache } from '../executor.ts';
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

/** Moved aside first, which takes a moment: a build that comes meanwhile begins a cache anew. */
export async function removeCache(dataDir: string, organizationId: string): Promise<void> {
  if (!isSafeName(organizationId)) return;
  const folder = locateCaches(dataDir);
  await rename(join(folder, organizationId), join(folder, `${asideMark}${randomUUID()}`)).catch(
    ignoreAbsence,
  );
  // With what a removal left that was cut short.
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(asideMark))) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Begins the names of caches that are on their way out. */
export const asideMark = '.removed-';

/** Names of folders that the executor made; what begins with a dot is not in use. */
async function listNames(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).filter(isSafeName);
}

/**
 * Bytes that the disk keeps for what is in a folder. A file of the package store counts in equal parts for all the environments that
 * link to it. Symbolic links are not followed: a package may have brought any.
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
  // One of the links is the store's.
  return (file.blocks * blockBytes) / Math.max(1, file.nlink - 1);
}

/** What `blocks` counts in, whatever the disk's own blocks are. */
const blockBytes = 512;

function ignoreAbsence(error: unknown): void {
  if (!isErrorCode(error, 'ENOENT')) throw error;
}
