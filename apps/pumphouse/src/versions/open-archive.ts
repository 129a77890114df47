import { createGunzip } from 'node:zlib';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import type { Session } from '../session/session.ts';
import type { Version, VersionKind } from './find-version.ts';

/** The archive of a version: a gzip tar of `files/<path>`, then `manifest.yaml`. */
export interface OpenArchive {
  /** The name that the server gives the file, such as `shop-deployment-12.tar.gz`. */
  fileName: string;
  content: Readable;
}

/** Opens the archive of a version. */
export async function openArchive(
  { client }: Session,
  kind: VersionKind,
  { workspace_id, id, version }: Version,
): Promise<OpenArchive> {
  const target = kind === 'deployment' ? { deploymentId: id } : { configurationId: id };
  const { fileName, bytes } = await client.downloadArchive({ workspaceId: workspace_id, ...target });
  // Node and the DOM declare the same stream twice.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  const content = Readable.fromWeb(bytes as Parameters<typeof Readable.fromWeb>[0]);
  // A name from elsewhere must not replace another file of the user's folder, such as `.env`.
  const isExpected = /^[\p{L}\d_][\p{L}\d_ .-]*\.tar\.gz$/u.test(fileName);
  return { fileName: isExpected ? fileName : `${kind}-${version}.tar.gz`, content };
}

/** Reads the entries of an archive, one after the other; `visit` must read or drain the content of each. */
export async function readArchive(
  content: Readable,
  visit: (header: Header, content: Readable) => Promise<void>,
): Promise<void> {
  const entries = extract();
  const reading = (async () => {
    for await (const entry of entries) await visit(entry.header, Readable.from(entry));
  })();
  await Promise.all([pipeline(content, createGunzip(), entries), reading]);
}
