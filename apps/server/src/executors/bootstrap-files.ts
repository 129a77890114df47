import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/**
 * Lists the files of the bootstrap's folder, relative to it with `/`, sorted. Compiled files are left out: Python
 * writes them at any time, under temporary names first.
 */
export async function listBootstrapFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep))
    .filter((names) => !names.includes('__pycache__'))
    .map((names) => names.join('/'))
    .toSorted();
}
