import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';
import { formatBytes } from '../terminal/format.ts';
import { findVersion, type VersionKind } from './find-version.ts';
import { openArchive, readArchive } from './open-archive.ts';

export interface DownloadOptions {
  output?: string;
  extract?: string;
}

/** A configuration has secrets, so only the user can read what is downloaded. */
const fileMode = 0o600;
const folderMode = 0o700;

/** Downloads the archive of a version into a file or to standard output, or unpacks it. */
export async function downloadVersion(
  session: Session,
  kind: VersionKind,
  given: string | undefined,
  { output, extract }: DownloadOptions,
): Promise<void> {
  const { terminal } = session;
  const version = await findVersion(session, kind, given);
  if (extract !== undefined) await requireEmptyFolder(extract);
  const archive = await openArchive(session, kind, version);
  if (output === '-') {
    await pipeline(archive.content, process.stdout, { end: false });
    return;
  }
  const title = `${kind} ${version.version}`;
  if (extract !== undefined) {
    const count = await unpack(archive.content, resolve(extract));
    report(
      session,
      { ...version, path: resolve(extract) },
      `Unpacked ${count} files of ${title} into ${extract}.`,
    );
    return;
  }
  const path = await choosePath(output, archive.fileName);
  const temporary = `${path}.part`;
  try {
    await pipeline(archive.content, showProgress, createWriteStream(temporary, { mode: fileMode }));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  const { size } = await stat(path);
  report(session, { ...version, path: resolve(path) }, `Saved ${title} to ${path} (${formatBytes(size)}).`);

  async function* showProgress(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let received = 0;
    for await (const chunk of chunks) {
      received += chunk.byteLength;
      terminal.redraw(`Downloading ${title}: ${formatBytes(received)} of ${formatBytes(version.size_bytes)}`);
      yield chunk;
    }
    terminal.redraw('');
  }
}

/** An existing folder, or a path with a final slash, gets the archive under its own name. */
async function choosePath(output: string | undefined, fileName: string): Promise<string> {
  if (output === undefined) return fileName;
  const isFolder = output.endsWith('/') || (await stat(output).catch(() => null))?.isDirectory();
  if (!isFolder) return output;
  await mkdir(output, { recursive: true });
  return join(output, fileName);
}

/** @throws CommandError folder_not_empty */
async function requireEmptyFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  if (names.length === 0) return;
  throw new CommandError(`${folder} is not empty.`, {
    code: 'folder_not_empty',
    exitCode: exitCodes.usage,
    nextStep: 'Name a new folder, so that no file is overwritten.',
  });
}

/** Links are created last, so that no file is written through one. */
async function unpack(content: Readable, folder: string): Promise<number> {
  const links: { path: string; target: string }[] = [];
  let count = 0;
  await mkdir(folder, { recursive: true, mode: folderMode });
  await readArchive(content, async ({ name, type, linkname }, entry) => {
    const path = name.startsWith('files/') ? locateInside(folder, name.slice('files/'.length)) : null;
    if (path !== null && type === 'symlink' && linkname) links.push({ path, target: linkname });
    if (path === null || type !== 'file') {
      entry.resume();
      return;
    }
    await mkdir(dirname(path), { recursive: true, mode: folderMode });
    await pipeline(entry, createWriteStream(path, { flags: 'wx', mode: fileMode }));
    count += 1;
  });
  for (const { path, target } of links) {
    locateInside(folder, join(dirname(path), target));
    await mkdir(dirname(path), { recursive: true, mode: folderMode });
    await symlink(target, path);
  }
  return count + links.length;
}

/**
 * Returns the path of an entry below the folder.
 * @throws CommandError archive_unsafe
 */
export function locateInside(folder: string, name: string): string {
  const path = resolve(folder, name);
  if (path.startsWith(folder + sep)) return path;
  throw new CommandError(`The archive has an entry that leaves its folder: ${name}.`, {
    code: 'archive_unsafe',
    exitCode: exitCodes.refused,
    nextStep: 'Do not use this archive, and report it to the operator of the server.',
  });
}
