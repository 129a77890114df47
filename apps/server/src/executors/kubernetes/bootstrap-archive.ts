import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { listBootstrapFiles } from '../bootstrap-files.ts';

/** Packs the bootstrap's folder, without compiled files. The same files give the same bytes. */
export async function packBootstrap(folder: string): Promise<Buffer> {
  const archive = pack();
  const mtime = new Date(0);
  for (const path of await listBootstrapFiles(folder))
    archive.entry(
      { name: `pumphouse_bootstrap/${path}`, mtime, mode: 0o644 },
      await readFile(join(folder, path)),
    );
  archive.finalize();
  return buffer(archive.pipe(createGzip({ level: 9 })));
}
