import type { BlobsConfig, DirectReads } from '../config/blobs-settings.ts';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { BlobsLocation } from '../blobs/blobs-location.ts';
import type { MovableBlobs } from '../services/retention/blobs-move.ts';
import type { SignRead } from '../blobs/s3/signed-reads.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';
import { join } from 'node:path';
import { abortUnfinishedUploads } from '../blobs/s3/unfinished-uploads.ts';
import { BlobStoreError } from '../blobs/blob-store.ts';
import { createPrefixCheck } from '../blobs/s3/prefix-owner.ts';
import { createBucketClient } from '../blobs/s3/s3-client.ts';
import { createChunkedLogFiles } from '../blobs/logs/chunked-log.ts';
import { createFallbackBlobStore } from '../blobs/fallback-blob-store.ts';
import { createFallbackLogFiles } from '../blobs/logs/fallback-logs.ts';
import { createFolderBlobStore, removeUnfinishedBlobs } from '../blobs/folder-blob-store.ts';
import { createLogFiles } from '../blobs/logs/log-file.ts';
import { createSignRead } from '../blobs/s3/signed-reads.ts';
import { createS3BlobStore } from '../blobs/s3/s3-blob-store.ts';

/** Open blobs and logs. */
export interface OpenBlobs extends MovableBlobs {
  /** Null: all reads go through the server. */
  signRead: SignRead | null;
  /** Removes what killed servers wrote in part; returns how many. */
  removeUnfinishedBlobs: (olderThanHours: number) => Promise<number>;
  /**
   * Checks that blobs of this installation can be written and read.
   * @throws BlobStoreError
   */
  check: (installationId: string) => Promise<void>;
}

/** Opens the location of blobs, in combination with their former location while they move. */
export function openBlobs(config: BlobsConfig, persistence: Persistence): OpenBlobs {
  const { blobs, blobsFallback, directReads } = config;
  const primary = openLocation(blobs, persistence, directReads);
  if (!blobsFallback) return primary;
  const former = openLocation(blobsFallback, persistence);
  const both = createFallbackBlobStore(primary.blobs, former.blobs);
  return {
    ...primary,
    blobs: both,
    logFiles:
      primary.hasChunkedLogs && former.hasChunkedLogs
        ? createChunkedLogFiles({ blobs: both, database: persistence })
        : createFallbackLogFiles(primary.logFiles, former.logFiles),
    async check(installationId) {
      await former.check(installationId);
      await primary.check(installationId);
    },
  };
}

/** Opens the blobs of a location without logs. */
export function openBlobStore(location: BlobsLocation): BlobStore {
  return location.kind === 'folder'
    ? createFolderBlobStore(location.path)
    : createS3BlobStore(createBucketClient(location.settings));
}

/** Opens one location of blobs. */
export function openLocation(
  location: BlobsLocation,
  persistence: Persistence,
  directReads: DirectReads | null = null,
): OpenBlobs {
  if (location.kind === 'folder') {
    const { path } = location;
    return {
      blobs: createFolderBlobStore(path),
      logFiles: createLogFiles(join(path, 'logs')),
      hasChunkedLogs: false,
      signRead: null,
      removeUnfinishedBlobs: (olderThanHours) => removeUnfinishedBlobs(path, olderThanHours),
      check: async () => undefined,
    };
  }
  const bucket = createBucketClient(location.settings);
  const blobs = createS3BlobStore(bucket);
  return {
    blobs,
    logFiles: createChunkedLogFiles({ blobs, database: persistence }),
    hasChunkedLogs: true,
    signRead: directReads && createSignRead(bucket, directReads.publicEndpoint),
    removeUnfinishedBlobs: (olderThanHours) => abortUnfinishedUploads(bucket, olderThanHours),
    check: createPrefixCheck(blobs, location.settings),
  };
}

/**
 * Checks the location of blobs when a server starts. A store that does not answer keeps no server from starting:
 * readiness reports it, and runs go on meanwhile.
 * @throws BlobStoreError for what an operator must change
 */
export async function requireUsableBlobs(
  { check }: Pick<OpenBlobs, 'check'>,
  installationId: string,
  log: Logger,
): Promise<void> {
  try {
    await check(installationId);
  } catch (error) {
    if (!(error instanceof BlobStoreError) || error.code !== 'blobs_unavailable') throw error;
    log.warn({ err: error }, 'the store of blobs does not answer');
  }
}
