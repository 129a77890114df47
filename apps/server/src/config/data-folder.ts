import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { isErrorCode } from '../platform/error-code.ts';

/**
 * Notes in a data folder whose it is. All that is in it is that installation's, so that nothing in it need carry a mark.
 * @throws Error when it is another installation's, which would take what is there for its own, or for left over
 */
export async function claimDataFolder(dataDir: string, installationId: string): Promise<void> {
  const path = join(dataDir, 'installation');
  const temporary = join(dataDir, `.installation-${randomUUID()}`);
  await writeFile(temporary, `${installationId}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    // Whole, and by one server only.
    await link(temporary, path);
  } catch (error) {
    if (!isErrorCode(error, 'EEXIST')) throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  const owner = (await readFile(path, 'utf8')).trim();
  if (owner === installationId) return;
  throw new Error(
    `The data folder ${dataDir} belongs to installation ${owner}, the database to installation ${installationId}. ` +
      'Set PUMPHOUSE_DATA_DIR to a folder of its own, or PUMPHOUSE_DATABASE_URL to the database that the folder belongs to. ' +
      `If that database is gone for good, remove ${path}: what the folder holds is then taken over, or removed as left over.`,
  );
}
