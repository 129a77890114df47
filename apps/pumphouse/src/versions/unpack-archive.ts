import { createWriteStream } from 'node:fs';
import { mkdir, readdir, realpath, rm, symlink } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { isFileError } from '../errors/file-error.ts';
import { readArchive } from './open-archive.ts';

/** A configuration has secrets, so only the user can read what is unpacked. */
const fileMode = 0o600;
const folderMode = 0o700;

interface Link {
  path: string;
  target: string;
}

/** @throws CommandError folder_not_empty */
export async function requireEmptyFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isFileError(error) && error.code === 'ENOENT') return [];
    throw error;
  });
  if (names.length === 0) return;
  throw new CommandError(`${folder} is not empty.`, {
    code: 'folder_not_empty',
    exitCode: exitCodes.usage,
    nextStep: 'Name a new folder, so that no file is overwritten.',
  });
}

/**
 * Unpacks the files of an archive into an empty folder, which is empty again after a failure.
 * @param prefix what the names of files begin with
 * @returns the number of files and links
 * @throws CommandError archive_unsafe
 */
export async function unpackArchive(content: Readable, folder: string, prefix = 'files/'): Promise<number> {
  await mkdir(folder, { recursive: true, mode: folderMode });
  try {
    const { count, links } = await unpackFiles(content, folder, prefix);
    await createLinks(folder, links);
    return count + links.length;
  } catch (error) {
    for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
    throw error;
  }
}

async function unpackFiles(
  content: Readable,
  folder: string,
  prefix: string,
): Promise<{ count: number; links: Link[] }> {
  const links: Link[] = [];
  let count = 0;
  await readArchive(content, async ({ name, type, linkname }, entry) => {
    const path = name.startsWith(prefix) ? locateInside(folder, folder, name.slice(prefix.length)) : null;
    if (path !== null && type === 'symlink' && linkname) links.push({ path, target: linkname });
    if (path === null || type !== 'file') {
      entry.resume();
      return;
    }
    await mkdir(dirname(path), { recursive: true, mode: folderMode });
    await pipeline(entry, createWriteStream(path, { flags: 'wx', mode: fileMode }));
    count += 1;
  });
  return { count, links };
}

/** Links are created after all files, and none below another, so that nothing is written through one. */
async function createLinks(folder: string, links: readonly Link[]): Promise<void> {
  const linkPaths = new Set(links.map(({ path }) => path));
  for (const { path, target } of links) {
    locateInside(folder, dirname(path), target);
    for (let parent = dirname(path); parent.length > folder.length; parent = dirname(parent))
      if (linkPaths.has(parent)) throw unsafe(path);
    await mkdir(dirname(path), { recursive: true, mode: folderMode });
    await symlink(target, path);
  }
  // A target that leads through other links can leave the folder although its text does not.
  const root = await realpath(folder);
  for (const { path } of links) {
    const reached = await realpath(path).catch(() => null);
    if (reached !== null && reached !== root && !reached.startsWith(root + sep)) throw unsafe(path);
  }
}

/**
 * Returns the path that a name means from `base`.
 * @throws CommandError archive_unsafe if it is not below the folder
 */
export function locateInside(folder: string, base: string, name: string): string {
  const path = resolve(base, name);
  if (path.startsWith(folder + sep) && !name.includes('\0')) return path;
  throw unsafe(name);
}

function unsafe(name: string): CommandError {
  return new CommandError(`The archive has an entry that leaves its folder: ${name}.`, {
    code: 'archive_unsafe',
    exitCode: exitCodes.refused,
    nextStep: 'Do not use this archive, and report it to the operator of the server.',
  });
}
