/** Reads the entries of an archive in order: names, types, hashes. Only the manifest is kept. */
import { createHash } from 'node:crypto';
import type { Extract, Header } from 'tar-stream';
import type { ReadEntry } from './archive-manifest.ts';
import { formatBytes } from '../domain/primitives/format-bytes.ts';
import { ArchiveError, ArchiveTooLargeError, quoteName } from './archive-error.ts';
import { checkEntryPath, checkLinkTarget, createPathRegistry } from './entry-paths.ts';

export interface EntryLimits {
  maxEntries: number;
  maxManifestBytes: number;
}

export interface EntryRules {
  /** Throws for a path, relative to `files/`, that this kind of archive must not contain. */
  checkPath(relativePath: string): void;
  allowsLinks: boolean;
  /** Keeps the content of every file. Only for archives whose unpacked size is limited to fit in memory. */
  keepsContents: boolean;
  /** The manifest must list the hash of each file. Those of dlt before 1.26 list none. */
  requiresHashes: boolean;
}

export interface ReadEntries {
  /** By path below `files/`. */
  entries: Map<string, ReadEntry>;
  contents: Map<string, Buffer>;
  manifest: Buffer;
}

type Entry = Extract extends AsyncIterable<infer Item> ? Item : never;

/** A header as tar-stream actually returns it; its published types omit the nulls and the offset. */
interface TarHeader extends Omit<Header, 'type' | 'linkname' | 'pax'> {
  /** Null for a type unknown to tar-stream. */
  type: Header['type'] | null;
  linkname: string | null;
  /** Position of the content, in bytes from the start of the archive. */
  byteOffset: number;
  pax: Record<string, string> | null;
}

const BLOCK_BYTES = 512;
const FOLDER = 'files/';
const MANIFEST = 'manifest.yaml';
const BUILD_AGAIN = 'Build the archive again with the dlt client.';
/** Longer names need an extension in a plain tar header. */
const SHORT_NAME_BYTES = 100;

/**
 * Reads a tar stream to its end: `files/<path>` entries, then `manifest.yaml` as the last one. Throws
 * `ArchiveError` at the first entry that breaks a rule, which ends the stream: nothing after it is unpacked
 * or read.
 */
export async function readEntries(
  extract: Extract,
  limits: EntryLimits,
  rules: EntryRules,
): Promise<ReadEntries> {
  const registry = createPathRegistry();
  const entries = new Map<string, ReadEntry>();
  const contents = new Map<string, Buffer>();
  let manifest: Buffer | undefined;
  let endOfLast = 0;
  for await (const entry of extract) {
    const header = readEntryHeader(entry);
    checkHeader(header, endOfLast);
    endOfLast = header.byteOffset + roundToBlock(header.size);
    if (manifest) throw invalid(header.name, 'comes after manifest.yaml, which must be the last entry');
    if (header.name === MANIFEST) {
      manifest = await readManifest(header, entry, limits.maxManifestBytes);
      continue;
    }
    const relativePath = readRelativePath(header);
    if (entries.size >= limits.maxEntries) throw tooManyEntries(limits.maxEntries);
    rules.checkPath(relativePath);
    registry.add(relativePath);
    const kept = rules.keepsContents ? [] : undefined;
    entries.set(relativePath, await readEntry(header, relativePath, entry, rules, kept));
    if (kept) contents.set(relativePath, Buffer.concat(kept));
  }
  if (!manifest) {
    throw new ArchiveError('archive_invalid', `The archive has no manifest.yaml. ${BUILD_AGAIN}`);
  }
  return { entries, contents, manifest };
}

/** Reads the header of an entry, with the position of its content. */
export function readEntryHeader(entry: Entry): TarHeader {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see `TarHeader`
  const header = entry.header as Omit<Header, keyof TarHeader> & TarHeader;
  if (!Number.isSafeInteger(header.byteOffset)) throw new Error('tar-stream gave a header without its place');
  return header;
}

/**
 * Only the extension header of the second entry may lie between two entries. Other readers stop at a zero
 * block, or apply global headers, and would read another archive than the one that was checked.
 */
function checkHeader(header: TarHeader, endOfLast: number): void {
  const pax = header.pax ?? {};
  if (Object.keys(pax).some((key) => key.startsWith('GNU.sparse'))) {
    throw invalid(header.name, 'is a sparse file, which only GNU tar writes');
  }
  if ('size' in pax && !/^\d+$/.test(pax['size'] ?? '')) throw invalid(header.name, 'has an unreadable size');
  const gap = header.byteOffset - BLOCK_BYTES - endOfLast;
  if (gap !== 0 && gap !== measureExtension(header)) {
    throw invalid(header.name, 'has bytes before it that belong to no entry');
  }
}

function measureExtension(header: TarHeader): number {
  if (header.pax) {
    const records = Object.entries(header.pax);
    const bytes = records.reduce((sum, [key, value]) => sum + measurePaxRecord(key, value), 0);
    return BLOCK_BYTES + roundToBlock(bytes);
  }
  return measureLongName(header.name) + measureLongName(header.linkname ?? '');
}

/** Measures a record `<length> <key>=<value>\n`, where the length includes its own digits. */
function measurePaxRecord(key: string, value: string): number {
  const bytes = Buffer.byteLength(` ${key}=${value}\n`);
  const length = bytes + String(bytes).length;
  return bytes + String(length).length;
}

function measureLongName(name: string): number {
  const bytes = Buffer.byteLength(name);
  return bytes > SHORT_NAME_BYTES ? BLOCK_BYTES + roundToBlock(bytes + 1) : 0;
}

function roundToBlock(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

function readRelativePath(header: TarHeader): string {
  checkEntryPath(header.name.startsWith(FOLDER) ? header.name.slice(FOLDER.length) : header.name);
  if (!header.name.startsWith(FOLDER))
    throw invalid(header.name, 'is neither below files/ nor manifest.yaml');
  return header.name.slice(FOLDER.length);
}

/** tar-stream's types do not specify the chunks of an entry: they are bytes. */
export function readChunks(entry: Entry): AsyncIterable<Uint8Array> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return entry as AsyncIterable<Uint8Array>;
}

async function readManifest(header: TarHeader, entry: Entry, maxBytes: number): Promise<Buffer> {
  if (header.type !== 'file') throw invalid(header.name, 'is not a regular file');
  if (header.size > maxBytes) {
    throw new ArchiveTooLargeError(
      'manifest',
      `manifest.yaml, the list of the files, has ${formatBytes(header.size)}; the limit of this server is ${formatBytes(maxBytes)}.`,
    );
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of readChunks(entry)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function readEntry(
  header: TarHeader,
  relativePath: string,
  entry: Entry,
  rules: EntryRules,
  kept: Buffer[] | undefined,
): Promise<ReadEntry> {
  if (header.type === 'symlink') return readLink(header, relativePath, entry, rules);
  if (header.type !== 'file') throw refuseType(header);
  const hash = createHash('sha3-256');
  for await (const chunk of readChunks(entry)) {
    hash.update(chunk);
    kept?.push(Buffer.from(chunk));
  }
  return { sizeBytes: header.size, sha3_256: hash.digest('base64') };
}

async function readLink(
  header: TarHeader,
  relativePath: string,
  entry: Entry,
  rules: EntryRules,
): Promise<ReadEntry> {
  if (!rules.allowsLinks) throw refuseType(header);
  if (header.size !== 0) throw invalid(header.name, 'is a link with content');
  const linkname = header.linkname ?? '';
  checkLinkTarget(relativePath, linkname);
  entry.resume();
  const hash = createHash('sha3-256').update(linkname, 'utf8');
  return { sizeBytes: 0, sha3_256: hash.digest('base64'), linkname };
}

const TYPE_LABELS: Record<string, string> = {
  link: 'a hard link',
  symlink: 'a link, which a configuration must not contain',
  'character-device': 'a device',
  'block-device': 'a device',
  fifo: 'a named pipe',
};

function refuseType(header: TarHeader): ArchiveError {
  const word = TYPE_LABELS[header.type ?? ''];
  if (header.type === 'directory')
    return invalid(header.name, 'is a folder; only files and links are listed');
  if (word === undefined) return invalid(header.name, 'is of a type that is neither file nor link');
  return new ArchiveError(
    'archive_unsafe',
    `The entry ${quoteName(header.name)} is ${word}. Remove it and upload again.`,
  );
}

function tooManyEntries(maxEntries: number): ArchiveError {
  return new ArchiveTooLargeError('files', `The archive has more than ${maxEntries} files.`);
}

function invalid(name: string, problem: string): ArchiveError {
  return new ArchiveError('archive_invalid', `The entry ${quoteName(name)} ${problem}. ${BUILD_AGAIN}`);
}
