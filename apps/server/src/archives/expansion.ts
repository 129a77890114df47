/** How far an archive may expand for its size. */
import type { ArchiveLimits } from './inspect-archive.ts';
import { formatBytes } from '../domain/primitives/format-bytes.ts';
import { ArchiveTooLargeError } from './archive-error.ts';

/** Code and data compress to a tenth, repeated lines to a hundredth. gzip makes a thousandth of zeros alone: that is a bomb. */
const mostExpansion = 100;
const freeBytes = 64 * 1024 * 1024;

export interface BoundedLimits extends ArchiveLimits {
  /** Names the limit that an archive has really passed. */
  describe(error: ArchiveTooLargeError): ArchiveTooLargeError;
}

/**
 * The limits for an archive of this size. It is known before anything is unpacked, so that a small bomb costs little; by the size of the
 * whole archive, since one file in it may compress better than all others.
 */
export function boundExpansion(limits: ArchiveLimits, packedBytes: number): BoundedLimits {
  const maxUnpackedBytes = freeBytes + mostExpansion * packedBytes;
  if (maxUnpackedBytes >= limits.maxUnpackedBytes) return { ...limits, describe: (error) => error };
  return {
    ...limits,
    maxUnpackedBytes,
    describe: (error) =>
      error.limit === 'unpackedBytes'
        ? new ArchiveTooLargeError(
            'expansion',
            `The archive of ${formatBytes(packedBytes)} unpacks to more than ${formatBytes(maxUnpackedBytes)}, the most that this server takes for its size.`,
          )
        : error,
  };
}
