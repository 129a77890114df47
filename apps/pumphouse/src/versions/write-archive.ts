import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { sortByPath, type HashedFile } from './hash-files.ts';
import { writeTarEnd, writeTarHeader, writeTarPadding } from './tar-header.ts';

/** Writes the archive of a version: `files/<path>` for each file, then `manifest.yaml`, gzipped. */
export async function writeArchive(files: readonly HashedFile[], path: string): Promise<void> {
  await pipeline(Readable.from(streamTar(files)), createGzip(), createWriteStream(path, { mode: 0o600 }));
}

/** The bytes of the archive before compression. */
export async function* streamTar(files: readonly HashedFile[]): AsyncGenerator<Buffer> {
  let writtenBytes = 0;
  const count = (bytes: Buffer) => {
    writtenBytes += bytes.length;
    return bytes;
  };
  for (const file of files) {
    yield count(writeTarHeader({ ...file, name: `files/${file.path}` }));
    if (file.linkTarget !== null) continue;
    yield* readContent(file, count);
    yield count(writeTarPadding(file.sizeBytes));
  }
  const manifest = Buffer.from(formatManifest(files));
  const entry = { mode: 0o644, modifiedAtSeconds: 0, linkTarget: null };
  yield count(writeTarHeader({ ...entry, name: 'manifest.yaml', sizeBytes: manifest.length }));
  yield count(manifest);
  yield count(writeTarPadding(manifest.length));
  yield writeTarEnd(writtenBytes);
}

/** @throws CommandError file_changed if the file has another size than when it was hashed */
async function* readContent(file: HashedFile, count: (bytes: Buffer) => Buffer): AsyncGenerator<Buffer> {
  let readBytes = 0;
  for await (const chunk of createReadStream(file.absolutePath)) {
    if (!Buffer.isBuffer(chunk)) continue;
    readBytes += chunk.length;
    yield count(chunk);
  }
  if (readBytes === file.sizeBytes) return;
  throw new CommandError(`${file.path} changed while it was packed.`, {
    code: 'file_changed',
    exitCode: exitCodes.refused,
    nextStep: 'Run the command again; list files that programs keep writing to in .gitignore.',
  });
}

/** The manifest in YAML, as PyYAML writes it for ordinary names. */
export function formatManifest(files: readonly HashedFile[]): string {
  if (files.length === 0) return 'engine_version: 1\nfiles: []\n';
  const items = sortByPath(files).map(
    ({ path, sizeBytes, hash, linkTarget }) =>
      `- relative_path: ${formatScalar(path)}\n  size_in_bytes: ${sizeBytes}\n  sha3_256: ${hash}\n` +
      (linkTarget === null ? '' : `  linkname: ${formatScalar(linkTarget)}\n`),
  );
  return `engine_version: 1\nfiles:\n${items.join('')}`;
}

/** Words, numbers and dates of YAML 1.1, which a name must not be read as. */
const otherTypes =
  /^(yes|no|true|false|on|off|null|~|=|<<|\.nan|[-+]?\.inf|[-+]?[\d.][\d_.]*(e[-+]?\d+)?|0x[\da-f_]+|0b[01_]+|\d{4}-\d\d?-\d\d?|[-+]?\d[\d_]*(:[0-5]?\d)+(\.[\d_]*)?)$/i;

/** A text as YAML: plain where no reader can take it for something else, otherwise quoted as JSON. */
function formatScalar(text: string): string {
  if (!/^[\p{L}\d_./][\p{L}\d_./+-]*$/u.test(text) || /^\.{3}|^---/.test(text)) return JSON.stringify(text);
  return otherTypes.test(text) ? `'${text}'` : text;
}
