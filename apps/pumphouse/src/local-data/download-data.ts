import { lstat, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';
import { formatBytes } from '../terminal/format.ts';
import { requireEmptyFolder, unpackArchive } from '../versions/unpack-archive.ts';

export interface DownloadDataOptions {
  profile: string;
  output?: string;
}

/** Downloads local data as files. A database comes with its `.wal`, which belongs to it. */
export async function downloadData(
  session: Session,
  path: string | undefined,
  { profile, output }: DownloadDataOptions,
): Promise<void> {
  const target = resolve(output ?? (path === undefined ? `local-data-${profile}` : basename(path)));
  if (output !== '-') await requireFree(target, path);
  const workspaceId = await session.workspaceId();
  const { bytes } = await session.client.downloadArchive({
    workspaceId,
    profile,
    ...(path !== undefined && { path }),
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Node and the DOM declare the same stream twice
  const content = Readable.fromWeb(bytes as Parameters<typeof Readable.fromWeb>[0]);
  if (output === '-') {
    await pipeline(content, process.stdout, { end: false });
    return;
  }
  // Beside the target, so that moving is a rename, and an interrupted download leaves nothing under its name.
  const temporary = await mkdtemp(join(dirname(target), '.pumphouse-download-'));
  try {
    const count = await unpackArchive(Readable.from(showProgress(content)), temporary, '');
    const saved = await putInPlace(temporary, path, target);
    const size = (await Promise.all(saved.map((file) => stat(file)))).reduce(
      (sum, each) => sum + each.size,
      0,
    );
    const what = path === undefined ? `${count} files of ${profile}` : path;
    const shown = count === saved.length ? ` (${formatBytes(size)})` : '';
    report(session, { path: target, file_count: count }, `Saved ${what} to ${target}${shown}.`);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }

  async function* showProgress(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let received = 0;
    for await (const chunk of chunks) {
      received += chunk.byteLength;
      session.terminal.redraw(`Downloading: ${formatBytes(received)} compressed`);
      yield chunk;
    }
    session.terminal.redraw('');
  }
}

/** Moves what was unpacked to its place. @returns the files, or the folder */
async function putInPlace(temporary: string, path: string | undefined, target: string): Promise<string[]> {
  const source = path === undefined ? temporary : join(temporary, path);
  if (!(await lstat(source)).isFile()) {
    await rm(target, { recursive: true, force: true });
    await rename(source, target);
    return [target];
  }
  const names = await readdir(dirname(source));
  const saved: string[] = [];
  for (const name of names) {
    const place = target + name.slice(basename(source).length);
    await rename(join(dirname(source), name), place);
    saved.push(place);
  }
  return saved;
}

/** @throws CommandError file_exists, folder_not_empty */
async function requireFree(target: string, path: string | undefined): Promise<void> {
  const found = await stat(target).catch(() => null);
  if (found?.isDirectory()) await requireEmptyFolder(target);
  const wal = path === undefined ? null : await stat(`${target}.wal`).catch(() => null);
  if (found?.isFile() !== true && wal === null) return;
  throw new CommandError(`${found?.isFile() ? target : `${target}.wal`} exists.`, {
    code: 'file_exists',
    exitCode: exitCodes.usage,
    nextStep: 'Name another file with --output, so that nothing is overwritten.',
  });
}
