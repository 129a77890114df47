import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/**
 * Computes the label `pumphouse.bootstrap` of a runner image: SHA-256 over the path and the content of every
 * file of the bootstrap, except compiled files. An image with another fingerprint speaks another version of
 * the attempt protocol than this server.
 */
export async function fingerprintBootstrap(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.pyc'))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
  if (!paths.includes('__main__.py'))
    throw new Error(`There is no __main__.py in ${folder}: it is not the bootstrap's folder.`);
  const hash = createHash('sha256');
  for (const path of paths.toSorted()) {
    const content = await readFile(join(folder, path));
    // The length separates the files: no two sets of files produce the same bytes.
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}
