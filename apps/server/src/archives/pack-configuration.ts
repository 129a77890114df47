/** Writes configuration archives. */
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { stringify } from 'yaml';

interface PackedFile {
  name: string;
  content: Buffer;
}

const epoch = new Date(0);

/**
 * Packs files into an archive. The bytes are the same for the same files on any server, because one server may
 * announce the archive and another send it; so nothing is compressed.
 */
export async function packConfiguration(files: readonly PackedFile[]): Promise<Buffer> {
  const packed = pack();
  for (const { name, content } of files) packed.entry({ name: `files/${name}`, mtime: epoch }, content);
  packed.entry({ name: 'manifest.yaml', mtime: epoch }, describeFiles(files));
  packed.finalize();
  return promisify(gzip)(await buffer(packed), { level: 0 });
}

function describeFiles(files: readonly PackedFile[]): string {
  return stringify({
    engine_version: 1,
    files: files.map(({ name, content }) => ({
      relative_path: name,
      size_in_bytes: content.length,
      sha3_256: createHash('sha3-256').update(content).digest('base64'),
    })),
  });
}
