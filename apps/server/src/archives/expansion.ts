/** Limits the expansion of an archive relative to its size. */
import type { ArchiveLimits } from './inspect-archive.ts';
import { formatBytes } from '../domain/primitives/format-bytes.ts';
import { ArchiveTooLargeError } from './archive-error.ts';

/**
 * Code and data compress to a tenth, repeated lines to a hundredth. gzip reaches a thousandth only for zeros:
 * that is a zip bomb.
 */
const maxExpansion = 100;
const freeBytes = 64 * 1024 * 1024;

export interface BoundedLimits extends ArchiveLimits {
  /** Names the limit that an archive actually exceeded. */
  describe(error: ArchiveTooLargeError): ArchiveTooLargeError;
}

/**
 * Returns the limits for an archive of this size. The size is known before unpacking, so that a small bomb
 * costs little. It is the size of the whole archive, because one file in it may compress better than all
 * others.
 */
export function boundExpansion(limits: ArchiveLimits, packedBytes: number): BoundedLimits {
  const maxUnpackedBytes = freeBytes + maxExpansion * packedBytes;
  if (maxUnpackedBytes >= limits.maxUnpackedBytes) return { ...limits, describe: (error) => error };
  return {
    ...limits,
    maxUnpackedBytes,
    describe: (error) =>
      error.limit === 'unpackedBytes'
        ? new ArchiveTooLargeError(
            'expansion',
            `The archive of ${formatBytes(packedBytes)} unpacks to more than ${formatBytes(maxUnpackedBytes)}, the limit of this server for its size.`,
          )
        : error,
  };
}
