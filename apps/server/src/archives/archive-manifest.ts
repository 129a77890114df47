/** `manifest.yaml` of an archive (engine 1): its files, and the hash of all of them. */
import { createHash } from 'node:crypto';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { ArchiveError, quoteName } from './archive-error.ts';

/** A file as its manifest lists it; dlt before 1.26 lists neither hashes nor links. */
type ListedFile = Omit<ManifestFile, 'sha3_256'> & { sha3_256?: string | undefined };

export interface ManifestFile {
  relativePath: string;
  sizeBytes: number;
  /** Base64 (with padding) of the SHA3-256 of the content, or of the link's target. */
  sha3_256: string;
  /** The target, only for links. */
  linkname?: string | undefined;
}

/** One entry of the archive as it was read. */
export interface ReadEntry {
  sizeBytes: number;
  sha3_256: string;
  linkname?: string | undefined;
}

/** All scalars are read as text; see `parseManifest`. */
const describeManifest = (sha3: z.ZodType<string | undefined>) =>
  z.object({
    engine_version: z.string(),
    files: z.array(
      z
        .object({
          relative_path: z.string(),
          size_in_bytes: z.string().regex(/^\d{1,15}$/),
          sha3_256: sha3,
          linkname: z.string().optional(),
        })
        .transform((file): ListedFile => ({
          relativePath: file.relative_path,
          sizeBytes: Number(file.size_in_bytes),
          sha3_256: file.sha3_256,
          linkname: file.linkname,
        })),
    ),
  });

const manifestWithHashes = describeManifest(z.string());
const anyManifest = describeManifest(z.string().optional());

const BUILD_AGAIN = 'Build the archive again with the dlt client.';

/**
 * Parses the files of a manifest, in its own order. The client writes YAML 1.1, where a file named `1e3`
 * needs no quotes; as YAML 1.2 it would be a number. So every scalar is read as text. Throws
 * `archive_invalid`.
 */
export function parseManifest(bytes: Buffer, { requiresHashes = true } = {}): ListedFile[] {
  const parsed = (requiresHashes ? manifestWithHashes : anyManifest).safeParse(parseDocument(bytes));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const scope = issue?.path.join('.') ?? '';
    throw invalidManifest(
      `does not name its files: ${scope || 'document'}: ${issue?.message ?? 'unreadable'}`,
    );
  }
  const { engine_version: engineVersion, files } = parsed.data;
  if (engineVersion !== '1') {
    throw invalidManifest(`has engine version ${quoteName(engineVersion)}, and this server reads version 1`);
  }
  return files;
}

function parseDocument(bytes: Buffer): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return parseYaml(text, { schema: 'failsafe', maxAliasCount: 0, logLevel: 'error' });
  } catch (error) {
    throw new ArchiveError('archive_invalid', `manifest.yaml is not readable as YAML. ${BUILD_AGAIN}`, {
      cause: error,
    });
  }
}

/**
 * Throws unless the archive contains exactly the files in the manifest: `hash_mismatch` for other bytes,
 * `archive_invalid` for a file that is only in one of them.
 * @returns the files, with the hashes that the manifest leaves out
 */
export function compareWithManifest(
  files: readonly ListedFile[],
  entries: Map<string, ReadEntry>,
): ManifestFile[] {
  const named = new Set<string>();
  const complete = files.map((file) => {
    const name = quoteName(file.relativePath);
    if (named.has(file.relativePath)) throw invalidManifest(`names ${name} twice`);
    named.add(file.relativePath);
    const entry = entries.get(file.relativePath);
    if (!entry) throw invalidManifest(`names ${name}, which the archive does not contain`);
    return compareFile(file, entry);
  });
  for (const entryPath of entries.keys()) {
    if (!named.has(entryPath)) {
      throw invalidManifest(`does not name ${quoteName(entryPath)}, which the archive contains`);
    }
  }
  return complete;
}

function compareFile(file: ListedFile, entry: ReadEntry): ManifestFile {
  const name = quoteName(file.relativePath);
  const { sha3_256 } = file;
  // A manifest without hashes lists a link with the size of its target.
  if (sha3_256 === undefined && entry.linkname !== undefined)
    return { relativePath: file.relativePath, ...entry };
  if (file.linkname !== entry.linkname) {
    throw mismatch(`The archive and its manifest disagree on whether ${name} is a link, or on its target`);
  }
  if (file.sizeBytes !== entry.sizeBytes) {
    throw mismatch(`${name} has ${entry.sizeBytes} bytes, and the manifest lists ${file.sizeBytes}`);
  }
  if (sha3_256 !== undefined && sha3_256 !== entry.sha3_256)
    throw mismatch(`${name} does not have the hash listed in the manifest`);
  return { relativePath: file.relativePath, ...entry };
}

/**
 * Computes the content hash that the client compares with its own to detect changes: base64 SHA3-256 over
 * path and file hash of every file. The order is the manifest's (Python's, by code point; JavaScript sorts
 * differently outside the basic plane, so it is never sorted here).
 */
export function hashContents(files: ManifestFile[]): string {
  const hash = createHash('sha3-256');
  for (const file of files) hash.update(file.relativePath, 'utf8').update(file.sha3_256, 'utf8');
  return hash.digest('base64');
}

function invalidManifest(problem: string): ArchiveError {
  return new ArchiveError('archive_invalid', `manifest.yaml ${problem}. ${BUILD_AGAIN}`);
}

function mismatch(problem: string): ArchiveError {
  return new ArchiveError('hash_mismatch', `${problem}. The upload was damaged or changed; upload again.`);
}
