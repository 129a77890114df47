import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';
import { formatBytes } from '../terminal/format.ts';
import { findVersion, type VersionKind } from './find-version.ts';
import { openArchive } from './open-archive.ts';
import { requireEmptyFolder, unpackArchive } from './unpack-archive.ts';

export interface DownloadOptions {
  output?: string;
  extract?: string;
}

/** A configuration has secrets, so only the user can read what is downloaded. */
const fileMode = 0o600;

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
    const count = await unpackArchive(archive.content, resolve(extract));
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
