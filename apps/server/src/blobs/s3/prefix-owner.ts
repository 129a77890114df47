import type { BlobStore } from '../blob-store.ts';
import type { S3Settings } from './s3-settings.ts';
import { BlobNotFoundError, BlobStoreError } from '../blob-store.ts';
import { describeS3 } from './s3-settings.ts';
import { readBlob } from '../read-blob.ts';
import { isProbeKey, tryBlobs } from '../try-blobs.ts';

/** The blob that names the installation whose blobs are below the prefix. */
const markerKey = 'installation';

/**
 * Creates a check that this server can read blobs, and that no other installation uses the prefix. The first
 * installation marks the prefix. Until it succeeds once, the check also writes and removes a blob.
 */
export function createPrefixCheck(blobs: BlobStore, settings: S3Settings) {
  let isProven = false;

  /** @throws BlobStoreError */
  return async function checkPrefix(installationId: string): Promise<void> {
    const owner = await requireOwnPrefix(blobs, settings, installationId);
    if (isProven && owner !== null) return;
    if (owner === null) await blobs.put(markerKey, Buffer.from(installationId));
    await tryBlobs(blobs);
    isProven = true;
  };
}

/**
 * Reads which installation uses the prefix; null if none does.
 * @throws BlobStoreError if it is another one
 */
export async function requireOwnPrefix(
  blobs: BlobStore,
  settings: S3Settings,
  installationId: string,
): Promise<string | null> {
  const owner = await readPrefixOwner(blobs);
  if (owner === null || owner === installationId) return owner;
  throw new BlobStoreError(
    'blobs_of_another_installation',
    `${describeS3(settings)} holds the blobs of installation ${owner}, and this is installation ${installationId}. Choose another prefix in PUMPHOUSE_BLOBS_URL, or the database of that installation.`,
  );
}

/** Reports whether a key is that of a marker of the installation, and not of one of its blobs. */
export function isMarkerKey(key: string): boolean {
  return key === markerKey || isProbeKey(key);
}

/** Null if the prefix is not in use. */
async function readPrefixOwner(blobs: BlobStore): Promise<string | null> {
  try {
    return String(await readBlob(blobs, markerKey)).trim();
  } catch (error) {
    if (error instanceof BlobNotFoundError) return null;
    throw error;
  }
}
