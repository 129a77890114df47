import { createGunzip } from 'node:zlib';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readApiError } from '@pumphouse/client';
import { extract, type Header } from 'tar-stream';
import type { Session } from '../session/session.ts';
import type { Version, VersionKind } from './find-version.ts';

export interface OpenArchive {
  /** The name that the server gives the file, such as `shop-deployment-12.tar.gz`. */
  fileName: string;
  /** Undefined if the server does not know it. */
  sizeBytes: number | undefined;
  content: Readable;
}

/** Opens the archive of a version: a gzip tar of `files/<path>`, then `manifest.yaml`. */
export async function openArchive(
  session: Session,
  kind: VersionKind,
  { workspace_id, id, version }: Version,
): Promise<OpenArchive> {
  const address = `${session.serverUrl}/pumphouse/v1/workspaces/${workspace_id}/${kind}s/${id}/archive`;
  const authorization = `Bearer ${await session.credential.current()}`;
  const response = await session.fetch(address, { headers: { authorization } });
  if (!response.ok || !response.body) throw await readApiError(response);
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  return {
    fileName: `${kind}-${version}.tar.gz`,
    sizeBytes: Number.isFinite(length) ? length : undefined,
    // Node and the DOM declare the same stream twice.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
    content: Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]),
  };
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
