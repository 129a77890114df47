/**
 * Reads one file from a stored archive, which was checked when it was uploaded. Streams it; nothing is
 * unpacked to disk.
 */
import { readChunks } from './archive-entries.ts';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract as createExtract } from 'tar-stream';
import { ArchiveError, quoteName } from './archive-error.ts';

/**
 * Reads the file at a path below `files/`. Stops after that file, and keeps nothing else in memory. Throws an
 * `ArchiveError` (`archive_invalid`) if there is no such file, or it has more than `maxBytes`.
 */
export async function readArchiveFile(source: Readable, path: string, maxBytes: number): Promise<Buffer> {
  const extract = createExtract();
  const flowing = pipeline(source, createGunzip({ chunkSize: 64 * 1024 }), extract);
  // Stopping early breaks the pipeline, which is not a failure; reading reports its own failures.
  const broken = flowing.then(
    () => undefined,
    (error: unknown) => error,
  );
  const name = `files/${path}`;
  for await (const entry of extract) {
    if (entry.header.name !== name || entry.header.type !== 'file') {
      entry.resume();
      continue;
    }
    if ((entry.header.size ?? 0) > maxBytes) throw invalid(path, `has more than ${maxBytes} bytes`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of readChunks(entry)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
  throw (await broken) ?? invalid(path, 'is not in the archive');
}

function invalid(path: string, problem: string): ArchiveError {
  return new ArchiveError('archive_invalid', `The file ${quoteName(path)} ${problem}.`);
}
