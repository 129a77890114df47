import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';

/** Packs the bootstrap's folder, without compiled files. The same files give the same bytes. */
export async function packBootstrap(folder: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.pyc'))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
  const archive = pack();
  const mtime = new Date(0);
  for (const path of paths.toSorted())
    archive.entry(
      { name: `pumphouse_bootstrap/${path}`, mtime, mode: 0o644 },
      await readFile(join(folder, path)),
    );
  archive.finalize();
  return buffer(archive.pipe(createGzip({ level: 9 })));
}
