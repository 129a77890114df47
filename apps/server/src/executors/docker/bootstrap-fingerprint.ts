import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listBootstrapFiles } from '../bootstrap-files.ts';

/**
 * Computes the label `pumphouse.bootstrap` of a runner image: SHA-256 over the path and the content of every
 * file of the bootstrap, except compiled files. An image with another fingerprint speaks another version of
 * the attempt protocol than this server.
 */
export async function fingerprintBootstrap(folder: string): Promise<string> {
  const paths = await listBootstrapFiles(folder);
  if (!paths.includes('__main__.py'))
    throw new Error(`There is no __main__.py in ${folder}: it is not the bootstrap's folder.`);
  const hash = createHash('sha256');
  for (const path of paths) {
    const content = await readFile(join(folder, path));
    // The length separates the files: no two sets of files produce the same bytes.
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}
