import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryFolder } from '../fixtures/server.ts';

/** Where the scripts of scripts/packages put what they build. */
const distFolder = join(repositoryFolder, 'dist');

/**
 * Builds a package as an operator does.
 * @returns the path of its file
 */
export async function buildPackage(kind: 'npm' | 'tarball' | 'debian'): Promise<string> {
  const script = join(repositoryFolder, 'scripts', 'packages', 'build.mjs');
  const { stdout } = await promisify(execFile)('node', [script, kind]);
  return join(distFolder, basename(stdout.trim()));
}

/** The manifest and the paths of all files of the npm package that was built last. */
export async function readBuiltPackage() {
  const folder = join(distFolder, 'pumphouse-server');
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every package has one
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  return { paths, manifest, read: (path: string) => readFile(join(folder, path), 'utf8') };
}
