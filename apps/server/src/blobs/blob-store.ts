import type { Readable } from 'node:stream';

/**
 * Packages, traces and other bytes that are written once and read whole or in ranges.
 *
 * A key is a relative path of names of letters, digits, `.`, `_`, `-`, `=` and `+` that do not begin with a dot, such as
 * `packages/0198c0de.tar.gz`: at most 200 characters a name and 1,000 in all. Other keys are refused with an InvalidBlobKeyError.
 */
export interface BlobStore {
  /** Stores the bytes in place of what the key had. They are there whole and on disk when it resolves, and not at all before. */
  put(key: string, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<StoredBlob>;
  /** The bytes from `start` up to but without `end`; all without a range. Rejects with a BlobNotFoundError. */
  openRead(key: string, range?: BlobRange): Promise<Readable>;
  /** Undefined when there is no such blob. */
  stat(key: string): Promise<BlobStat | undefined>;
  /** Removes the blob; nothing happens when there is none. */
  delete(key: string): Promise<void>;
  /** The blobs whose key begins with `prefix`, '' for all, in no order. Those stored or removed meanwhile may be missed. */
  list(prefix: string): AsyncIterable<BlobStat>;
}

export interface StoredBlob {
  sizeBytes: number;
  /** Hex. */
  sha256: string;
}

export interface BlobStat {
  key: string;
  sizeBytes: number;
  modifiedAt: Date;
}

export interface BlobRange {
  start?: number;
  end?: number;
}

export class BlobNotFoundError extends Error {
  override name = 'BlobNotFoundError';
}

export class InvalidBlobKeyError extends Error {
  override name = 'InvalidBlobKeyError';
}

const keyPattern = /^(?!.{1001})[\w=+-][\w.=+-]{0,199}(?:\/[\w=+-][\w.=+-]{0,199})*$/;

/** Throws an InvalidBlobKeyError for anything that could lead out of the store or be taken for another key in it. */
export function checkBlobKey(key: string): void {
  if (!keyPattern.test(key))
    throw new InvalidBlobKeyError(`Not a blob key: ${JSON.stringify(key.slice(0, 200))}`);
}
