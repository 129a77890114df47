import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Writes a file completely or not at all. A full disk leaves nothing of it. */
export async function writeWholeFile(path: string, content: string, mode: number): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}`);
  try {
    await writeFile(temporary, content, { mode, flag: 'wx', flush: true });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
