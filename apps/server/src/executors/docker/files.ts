/**
 * Transfers files to and from containers through the engine only, because its disk may be on another machine.
 */
import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { extract, pack } from 'tar-stream';
import { orNull } from './engine.ts';

export interface PlacedFile {
  /** Path below the target folder. */
  path: string;
  /** Null creates a folder. */
  content: string | null;
  /** Set if it differs from the owner of the other files. */
  owner?: Owner;
}

export interface Owner {
  uid: number;
  gid: number;
}

/**
 * Puts files, accessible only to their owner, into a container, running or not. Folders must come before
 * their contents.
 */
export async function putFiles(
  container: Docker.Container,
  folder: string,
  files: readonly PlacedFile[],
  owner: Owner,
): Promise<void> {
  const archive = pack();
  for (const { path, content, owner: own = owner } of files) {
    if (content === null) archive.entry({ name: path, type: 'directory', mode: 0o700, ...own });
    else archive.entry({ name: path, mode: 0o600, ...own }, content);
  }
  archive.finalize();
  await container.putArchive(await buffer(archive), { path: folder });
}

export interface OpenedFile {
  sizeBytes: number;
  content: Readable;
  /** Aborts the transfer. */
  close(): void;
}

/**
 * Opens a regular file of a container, running or not; null if there is none. Links and other files that a
 * run may have created are not followed.
 */
export async function openFile(container: Docker.Container, path: string): Promise<OpenedFile | null> {
  const stream = await orNull(container.getArchive({ path }));
  if (stream === null) return null;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- dockerode declares less than the stream that it returns
  const source = stream as Readable;
  const entries = extract();
  const close = (): void => {
    source.destroy();
    entries.destroy();
  };
  // Errors of an aborted transfer are irrelevant.
  entries.on('error', () => undefined);
  source.on('error', (error) => entries.destroy(error));
  const first = readFirstEntry(entries);
  source.pipe(entries);
  const entry = await first;
  if (entry?.type === 'file') return { sizeBytes: entry.sizeBytes, content: entry.content, close };
  close();
  return null;
}

/** Whether a container, running or not, has this regular file. */
export async function hasFile(container: Docker.Container, path: string): Promise<boolean> {
  const file = await openFile(container, path);
  file?.close();
  return file !== null;
}

function readFirstEntry(
  entries: ReturnType<typeof extract>,
): Promise<{ type: string; sizeBytes: number; content: Readable } | null> {
  return new Promise((resolve, reject) => {
    entries.once('entry', (header, content) =>
      resolve({
        type: header.type ?? 'file',
        sizeBytes: header.size ?? 0,
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- tar-stream declares less than the stream that it gives
        content: content as unknown as Readable,
      }),
    );
    entries.once('finish', () => resolve(null));
    entries.once('error', reject);
    entries.once('close', () => resolve(null));
  });
}
