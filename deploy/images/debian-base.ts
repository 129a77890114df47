import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { callEngine, hasImage, type EngineCommand } from './engine-command.ts';

const cacheFolder = fileURLToPath(new URL('../../.tools/images', import.meta.url));

/** The Debian release for each Python version. */
const debianReleases: Record<string, string> = { '3.11': 'bookworm', '3.13': 'trixie' };
export const debianMinors = Object.keys(debianReleases);

/** The packages that Docker's official Python images also contain; python3-venv provides pip. */
const packages = ['python3', 'python3-venv', 'ca-certificates', 'tzdata', 'netbase'];
/** Debian's own images leave these out too. */
const leftOut = ['/usr/share/locale/*', '/usr/share/man/*', '/usr/share/info/*', '/usr/share/doc/*'];

/**
 * Makes sure that the engine has an image with this Python, built from Debian's packages: nothing is pulled
 * from any registry. The root's tar is kept in .tools/images.
 * @returns the image's name
 */
export async function importDebianBase(engine: EngineCommand, python: string): Promise<string> {
  const release = debianReleases[python];
  if (release === undefined)
    throw new Error(
      `No release of Debian that is supported has Python ${python}; ${debianMinors.join(' and ')} can be had.`,
    );
  return importDebianRoot(engine, { name: `python:${python}`, release, packages });
}

export interface DebianRoot {
  /** The name of the image, and the beginning of its tag. */
  name: `${string}:${string}`;
  release: string;
  packages: readonly string[];
}

/**
 * Like `importDebianBase`, with other packages.
 * @returns the image's name
 */
export async function importDebianRoot(engine: EngineCommand, root: DebianRoot): Promise<string> {
  const image = `localhost/pumphouse-debian-${root.name}-${recipeOf(root)}`;
  if (!(await hasImage(engine, image)))
    await callEngine(engine, ['import', await makeDebianRoot(root), image]);
  return image;
}

/**
 * Creates the tar of a root folder once; it is kept in .tools/images.
 * @returns its path
 */
export function makeDebianRoot(root: Omit<DebianRoot, 'name'>): Promise<string> {
  return makeRoot(`${root.release}-${recipeOf(root)}`, bootstrapArguments(root));
}

function recipeOf(root: Omit<DebianRoot, 'name'>): string {
  return createHash('sha256')
    .update(JSON.stringify(bootstrapArguments(root)))
    .digest('hex')
    .slice(0, 12);
}

function bootstrapArguments({ release, packages }: Omit<DebianRoot, 'name'>): string[] {
  const options = leftOut.map((path) => `--dpkgopt=path-exclude=${path}`);
  return ['--quiet', '--variant=minbase', `--include=${packages.join(',')}`, ...options, release];
}

async function makeRoot(name: string, args: string[]): Promise<string> {
  const path = join(cacheFolder, `debian-${name}.tar`);
  try {
    await access(path);
    return path;
  } catch {
    await mkdir(cacheFolder, { recursive: true });
  }
  process.stderr.write(`Making a root of Debian packages, ${name} (a minute) ...\n`);
  const unfinished = `${path}.${process.pid}.tar`;
  await promisify(execFile)('mmdebstrap', [...args, unfinished], { maxBuffer: 2 ** 26 });
  await rename(unfinished, path);
  return path;
}
