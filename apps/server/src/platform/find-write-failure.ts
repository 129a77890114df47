import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Writes a small file into a folder and removes it.
 * @param options.flush waits until the disk has the file
 * @returns the error code, such as `EROFS`; null if it worked
 */
export async function findWriteFailure(
  folder: string,
  { flush = false }: { flush?: boolean } = {},
): Promise<string | null> {
  const path = join(folder, `.write-test-${process.pid}`);
  try {
    try {
      await writeFile(path, 'written by pumphouse to test the folder\n', { mode: 0o600, flush });
    } finally {
      await rm(path, { force: true });
    }
    return null;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}
