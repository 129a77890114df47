/** Builds the archive of the configuration for one run. */
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { stringify } from 'yaml';
import { readConfigurationOf, type ConfigurationFile } from './configuration-archive.ts';

const epoch = new Date(0);

/**
 * Builds an archive of the files that a profile reads: its own and those of all profiles. The bytes are the
 * same for the same files on any server, because one server may announce the archive and another send it; so
 * nothing is compressed.
 */
export async function selectConfiguration(
  archive: Buffer,
  profile: string,
): Promise<{ archive: Buffer; files: ConfigurationFile[] }> {
  const files = await readConfigurationOf(Readable.from([archive]), profile);
  const selected = pack();
  for (const { name, text } of files) selected.entry({ name: `files/${name}`, mtime: epoch }, text);
  selected.entry({ name: 'manifest.yaml', mtime: epoch }, describeFiles(files));
  selected.finalize();
  return { archive: await promisify(gzip)(await buffer(selected), { level: 0 }), files };
}

function describeFiles(files: readonly ConfigurationFile[]): string {
  return stringify({
    engine_version: 1,
    files: files.map(({ name, text }) => ({
      relative_path: name,
      size_in_bytes: Buffer.byteLength(text),
      sha3_256: createHash('sha3-256').update(text).digest('base64'),
    })),
  });
}
