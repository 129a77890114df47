import type { BlobStore } from '../../blobs/blob-store.ts';
import type { LogFiles } from '../../blobs/logs/log-files.ts';

/** A location of blobs and logs. */
export interface MovableBlobs {
  blobs: BlobStore;
  logFiles: LogFiles;
  /** Logs are rows and objects, and not files. */
  hasChunkedLogs: boolean;
}

/** A move of all blobs from one location to another. */
export interface BlobsMove {
  from: MovableBlobs;
  to: MovableBlobs;
  /** Servers write to `to` already, and read from `from` what is not there. */
  isSwitched: boolean;
}

/** A blob of the new location differs from that of the former location after it was copied. */
export class CopyDiffersError extends Error {
  override readonly name = 'CopyDiffersError';
}
