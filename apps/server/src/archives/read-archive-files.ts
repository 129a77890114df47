import { readChunks } from './archive-entries.ts';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract as createExtract } from 'tar-stream';

/**
 * Reads several files of a stored archive in one pass, by their paths below `files/`. The archive was checked
 * when it was uploaded, so the caller bounds the memory by the sizes in the manifest. Stops after the last of
 * the files; omits those that are not in the archive.
 */
export async function readArchiveFiles(
  source: Readable,
  paths: ReadonlySet<string>,
): Promise<Map<string, Buffer>> {
  const contents = new Map<string, Buffer>();
  if (paths.size === 0) {
    source.destroy();
    return contents;
  }
  const extract = createExtract();
  const flowing = pipeline(source, createGunzip({ chunkSize: 64 * 1024 }), extract);
  // Stopping early breaks the pipeline, which is not a failure; reading reports its own failures.
  flowing.catch(() => undefined);
  for await (const entry of extract) {
    const path = entry.header.name.replace(/^files\//, '');
    if (entry.header.type !== 'file' || !paths.has(path)) {
      entry.resume();
      continue;
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of readChunks(entry)) chunks.push(chunk);
    contents.set(path, Buffer.concat(chunks));
    if (contents.size === paths.size) break;
  }
  return contents;
}
