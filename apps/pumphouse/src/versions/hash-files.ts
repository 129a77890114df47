import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { compareNames, type SelectedFile } from './select-files.ts';

/** A file with the hash that the archive's manifest lists. */
export interface HashedFile extends SelectedFile {
  /** SHA3-256 in base64: of the content, or of the target of a link. */
  hash: string;
}

/** A version of code or configuration, ready to be compared and packed. */
export interface HashedSelection {
  files: HashedFile[];
  /** Equal for equal files, and equal to what dlt's client computes. */
  contentHash: string;
}

/** Sorts by code point, as Python does, so that the hash is the same on every machine. */
export function sortByPath<File extends SelectedFile>(files: readonly File[]): File[] {
  return files.toSorted((left, right) => compareNames(left.path, right.path));
}

/** Files up to this size are read at once, which is faster than a stream. */
const maxWholeBytes = 4 * 1024 * 1024;

/** Hashes the files of a version. */
export async function hashFiles(selected: readonly SelectedFile[]): Promise<HashedSelection> {
  const files: HashedFile[] = [];
  const total = createHash('sha3-256');
  for (const file of selected) files.push({ ...file, hash: await hashFile(file) });
  for (const { path, hash } of sortByPath(files)) total.update(path, 'utf8').update(hash, 'ascii');
  return { files, contentHash: total.digest('base64') };
}

async function hashFile({ absolutePath, linkTarget, sizeBytes }: SelectedFile): Promise<string> {
  const hash = createHash('sha3-256');
  if (linkTarget !== null) return hash.update(linkTarget, 'utf8').digest('base64');
  if (sizeBytes <= maxWholeBytes) return hash.update(await readFile(absolutePath)).digest('base64');
  await pipeline(createReadStream(absolutePath), hash);
  return hash.digest('base64');
}
