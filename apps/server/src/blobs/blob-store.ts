import type { Readable } from 'node:stream';

/**
 * A store for packages, traces and other data that is written once and read whole or in ranges.
 *
 * A key is a relative path of names of letters, digits, `.`, `_`, `-`, `=` and `+` that do not begin with a
 * dot, such as `packages/0198c0de.tar.gz`: at most 200 characters per name and 1,000 in total. Other keys are
 * rejected with an InvalidBlobKeyError.
 */
export interface BlobStore {
  /**
   * Stores the bytes and replaces any previous blob. The write is atomic, and durable when the promise
   * resolves.
   */
  put(key: string, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<StoredBlob>;
  /**
   * Reads the bytes from `start` (inclusive) to `end` (exclusive); all without a range. Rejects with a
   * BlobNotFoundError.
   */
  openRead(key: string, range?: BlobRange): Promise<Readable>;
  /** Undefined if the blob does not exist. */
  stat(key: string): Promise<BlobStat | undefined>;
  /** Removes the blob; does nothing if it does not exist. */
  delete(key: string): Promise<void>;
  /**
   * Lists the blobs whose key begins with `prefix`, '' for all, in no particular order. Blobs stored or
   * removed during the call may be missed.
   */
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

/** Blobs cannot be read or written now. The message says why and what to do, and contains no credential. */
export class BlobStoreError extends Error {
  override name = 'BlobStoreError';
  readonly code: BlobStoreErrorCode;

  constructor(code: BlobStoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type BlobStoreErrorCode =
  /** It may answer later. */
  | 'blobs_unavailable'
  | 'blobs_access_denied'
  | 'blobs_bucket_missing'
  | 'blobs_clock_skew'
  | 'blobs_credentials_missing'
  | 'blobs_credentials_wrong'
  | 'blobs_of_another_installation'
  | 'blobs_region_wrong';

export class InvalidBlobKeyError extends Error {
  override name = 'InvalidBlobKeyError';
}

const keyPattern = /^(?!.{1001})[\w=+-][\w.=+-]{0,199}(?:\/[\w=+-][\w.=+-]{0,199})*$/;

/**
 * Throws an InvalidBlobKeyError for anything that could lead out of the store or collide with another key in
 * it.
 */
export function checkBlobKey(key: string): void {
  if (!keyPattern.test(key))
    throw new InvalidBlobKeyError(`Not a blob key: ${JSON.stringify(key.slice(0, 200))}`);
}
