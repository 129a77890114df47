import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { isErrorCode } from '../platform/error-code.ts';

const ownerFile = (dataDir: string) => join(dataDir, 'installation');

/**
 * Reads which installation a data folder belongs to.
 * @throws Error ENOENT if none has used it
 */
export async function readDataFolderOwner(dataDir: string): Promise<string> {
  return (await readFile(ownerFile(dataDir), 'utf8')).trim();
}

/**
 * Chooses the installation id of a restored copy: that of its data folder, so that an interrupted restore continues with the
 * same id, or a new one. Null if the folder belongs to the original.
 */
export async function chooseCopyId(dataDir: string, originalId: string): Promise<string | null> {
  try {
    const owner = await readDataFolderOwner(dataDir);
    return owner === originalId ? null : owner;
  } catch (error) {
    if (!isErrorCode(error, 'ENOENT')) throw error;
    return randomUUID();
  }
}

/**
 * Records the owning installation in a data folder. Everything in the folder then belongs to it, without
 * further marks.
 * @throws Error if another installation owns the folder: its data would otherwise be taken for this one's, or
 * for orphaned
 */
export async function claimDataFolder(dataDir: string, installationId: string): Promise<void> {
  const path = ownerFile(dataDir);
  const temporary = join(dataDir, `.installation-${randomUUID()}`);
  await writeFile(temporary, `${installationId}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    // Creates the file atomically, and by one server only.
    await link(temporary, path);
  } catch (error) {
    if (!isErrorCode(error, 'EEXIST')) throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  const owner = await readDataFolderOwner(dataDir);
  if (owner === installationId) return;
  throw new Error(
    `The data folder ${dataDir} belongs to installation ${owner}, the database to installation ${installationId}. ` +
      'Set PUMPHOUSE_DATA_DIR to a folder of its own, or PUMPHOUSE_DATABASE_URL to the database that the folder belongs to. ' +
      `If that database is gone for good, remove ${path}: the resources of the folder are then adopted, or removed as orphaned.`,
  );
}
