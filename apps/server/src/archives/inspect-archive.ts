/** Checks an uploaded archive as a stream. Nothing is unpacked to disk, and memory stays constant. */
import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';
import type { Readable, TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { callbackify } from 'node:util';
import { createGunzip } from 'node:zlib';
import { extract as createExtract } from 'tar-stream';
import { readEntries } from './archive-entries.ts';
import type { EntryLimits, EntryRules, ReadEntries } from './archive-entries.ts';
import { formatBytes } from '../domain/primitives/format-bytes.ts';
import { ArchiveError, ArchiveTooLargeError } from './archive-error.ts';
import type { ArchiveErrorCode } from './archive-error.ts';
import { compareWithManifest, hashContents, parseManifest } from './archive-manifest.ts';
import type { ManifestFile } from './archive-manifest.ts';

export interface ArchiveLimits extends EntryLimits {
  /** Of the gzip stream. */
  maxBytes: number;
  /** Of the tar stream inside, including headers and padding. */
  maxUnpackedBytes: number;
}

/** One file in the format of the contract's files operation. */
export interface ArchiveFile {
  relative_path: string;
  size_bytes: number;
  sha3_256: string;
  linkname?: string;
}

export interface ArchiveReport {
  /** In the manifest's order. */
  files: ArchiveFile[];
  /** Base64; see `hashContents`. */
  contentHash: string;
  /** Of the gzip stream. */
  sizeBytes: number;
  fileCount: number;
  /** Whether the manifest lists the hashes of the files; those of dlt before 1.26 do not. */
  listsHashes: boolean;
  /** Hex, of the gzip stream: identifies the stored bytes, and differs for every build of the same files. */
  sha256: string;
}

export interface ArchiveInspection<Report> {
  /**
   * Passes the archive through unchanged and checks it: `pipeline(upload, inspection.stream, fileOnDisk)`.
   * Fails with an `ArchiveError` at the first problem, which ends the pipeline without reading on.
   */
  stream: Transform;
  /** Settles when the stream ends; may be ignored if the pipeline failed. */
  result: Promise<Report>;
}

const BUILD_AGAIN = 'Build it again with the dlt client.';

/** The findings of an inspection, before they become a report. */
export interface InspectedArchive {
  report: ArchiveReport;
  contents: ReadEntries['contents'];
}

const workspaceRules: EntryRules = {
  checkPath: () => undefined,
  allowsLinks: true,
  keepsContents: false,
  requiresHashes: true,
};

/**
 * Creates a streaming check of a code archive.
 * @param options.requiresHashes false accepts manifests of dlt before 1.26
 */
export function createArchiveInspection(
  limits: ArchiveLimits,
  { requiresHashes = true } = {},
): ArchiveInspection<ArchiveReport> {
  return createInspection(limits, { ...workspaceRules, requiresHashes }, ({ report }) => report);
}

/**
 * Checks a code archive without passing it on. Throws `ArchiveError`, or the error of the source. Options as
 * in `createArchiveInspection`.
 */
export function inspectArchive(
  source: Readable,
  limits: ArchiveLimits,
  options: { requiresHashes?: boolean } = {},
): Promise<ArchiveReport> {
  return consume(source, createArchiveInspection(limits, options));
}

/** Feeds a whole source into an inspection and returns its report. */
export async function consume<Report>(
  source: Readable,
  inspection: ArchiveInspection<Report>,
): Promise<Report> {
  inspection.stream.resume();
  await pipeline(source, inspection.stream);
  return inspection.result;
}

/** Creates an inspection by the rules of one kind of archive; `describe` may reject its input. */
export function createInspection<Report>(
  limits: ArchiveLimits,
  rules: EntryRules,
  describe: (archive: InspectedArchive) => Report,
): ArchiveInspection<Report> {
  const { promise: result, resolve, reject } = Promise.withResolvers<Report>();
  result.catch(() => undefined);
  const unpacking = unpack(limits, rules);
  const sha256 = createHash('sha256');
  let sizeBytes = 0;

  const finish = async (): Promise<void> => {
    unpacking.end();
    const { entries, contents, manifest } = await unpacking.result;
    if (unpacking.readBytes() !== sizeBytes) {
      throw new ArchiveError('archive_invalid', `The archive has bytes after its end. ${BUILD_AGAIN}`);
    }
    const listed = parseManifest(manifest, rules);
    const files = compareWithManifest(listed, entries);
    const listsHashes = listed.every((file) => file.sha3_256 !== undefined);
    const report = { ...writeReport(files, sizeBytes, sha256.digest('hex')), listsHashes };
    resolve(describe({ report, contents }));
  };

  const stream = new Transform({
    transform(chunk: Buffer, _encoding, callback: TransformCallback) {
      sizeBytes += chunk.length;
      if (sizeBytes > limits.maxBytes) return callback(tooManyBytes(limits.maxBytes));
      sha256.update(chunk);
      unpacking.write(chunk, () => callback(null, chunk));
    },
    flush: callbackify(finish),
    destroy(error, callback) {
      unpacking.destroy();
      reject(error ?? new ArchiveError('archive_truncated', 'The upload was ended early. Upload again.'));
      callback(error);
    },
  });
  unpacking.result.catch((error: unknown) => stream.destroy(error instanceof Error ? error : undefined));
  return { stream, result };
}

interface Unpacking {
  /** `done` is called when the bytes are unpacked and read, and never after unpacking failed. */
  write(chunk: Buffer, done: () => void): void;
  end(): void;
  destroy(): void;
  /** Number of written bytes that belonged to the gzip stream. */
  readBytes(): number;
  result: Promise<ReadEntries>;
}

function unpack(limits: ArchiveLimits, rules: EntryRules): Unpacking {
  const gunzip = createGunzip({ chunkSize: 64 * 1024 });
  const extract = createExtract();
  const flowing = pipeline(gunzip, createUnpackedBound(limits.maxUnpackedBytes), extract);
  const reading = readEntries(extract, limits, rules);
  return {
    write: (chunk, done) => {
      gunzip.write(chunk, (error) => {
        if (!error) done();
      });
    },
    end: () => gunzip.end(),
    destroy: () => gunzip.destroy(),
    readBytes: () => gunzip.bytesWritten,
    result: settle(reading, flowing),
  };
}

/** A failure also breaks the stream of the other side; report the one with the actual reason. */
async function settle(reading: Promise<ReadEntries>, flowing: Promise<void>): Promise<ReadEntries> {
  const [entries, flow] = await Promise.allSettled([reading, flowing]);
  if (entries.status === 'fulfilled' && flow.status === 'fulfilled') return entries.value;
  const reasons: unknown[] = [entries, flow].flatMap((each) =>
    each.status === 'rejected' ? [each.reason] : [],
  );
  throw (
    reasons.find((reason) => reason instanceof ArchiveError || isBug(reason)) ?? translateFailure(reasons)
  );
}

/** Reports whether an error is a bug of ours, which must not be blamed on the archive. */
function isBug(reason: unknown): boolean {
  return reason instanceof TypeError || reason instanceof RangeError || reason instanceof ReferenceError;
}

/** Translates errors of zlib and tar-stream, which only the archive can cause. */
function translateFailure(reasons: unknown[]): ArchiveError {
  const text = reasons
    .map((reason) => (reason instanceof Error ? reason.message : String(reason)))
    .join('; ');
  const [code, detail] = describeFailure(text);
  return new ArchiveError(code, detail, { cause: reasons[0] });
}

function describeFailure(text: string): [ArchiveErrorCode, string] {
  if (/incorrect header check/i.test(text)) {
    return ['archive_invalid', `The archive is not gzip, or has other bytes after its end. ${BUILD_AGAIN}`];
  }
  if (/unexpected end|premature close/i.test(text)) {
    return ['archive_truncated', 'The archive ends early. Upload again.'];
  }
  return ['archive_invalid', `The archive cannot be read (${text}). ${BUILD_AGAIN}`];
}

/** Limits the output while it is unpacked, because a few bytes of gzip can expand to any number of zeros. */
function createUnpackedBound(maxUnpackedBytes: number): Transform {
  let unpackedBytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, callback: TransformCallback) {
      unpackedBytes += chunk.length;
      if (unpackedBytes <= maxUnpackedBytes) return callback(null, chunk);
      const detail = `The archive unpacks to more than ${formatBytes(maxUnpackedBytes)}.`;
      callback(new ArchiveTooLargeError('unpackedBytes', detail));
    },
  });
}

function tooManyBytes(maxBytes: number): ArchiveError {
  return new ArchiveTooLargeError('bytes', `The archive has more than ${formatBytes(maxBytes)}.`);
}

function writeReport(files: ManifestFile[], sizeBytes: number, sha256: string) {
  return {
    files: files.map((file) => ({
      relative_path: file.relativePath,
      size_bytes: file.sizeBytes,
      sha3_256: file.sha3_256,
      ...(file.linkname === undefined ? {} : { linkname: file.linkname }),
    })),
    contentHash: hashContents(files),
    sizeBytes,
    fileCount: files.length,
    sha256,
  };
}
