import type { BlobStore } from '../../blobs/blob-store.ts';
import type { LogFiles } from '../../blobs/logs/log-files.ts';

/** A place of blobs and logs. */
export interface BlobsPlace {
  blobs: BlobStore;
  logFiles: LogFiles;
  /** Logs are rows and objects, and not files. */
  hasChunkedLogs: boolean;
}

/** A move of all blobs from one place to another. */
export interface BlobsMove {
  from: BlobsPlace;
  to: BlobsPlace;
  /** Servers write to `to` already, and read from `from` what is not there. */
  isSwitched: boolean;
}

/** A blob of the new place differs from that of the former place after it was copied. */
export class CopyDiffersError extends Error {
  override readonly name = 'CopyDiffersError';
}
