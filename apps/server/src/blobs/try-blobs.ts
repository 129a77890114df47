import type { BlobStore } from './blob-store.ts';
import { randomUUID } from 'node:crypto';
import { readBlob } from './read-blob.ts';

const folder = 'probes/';

/**
 * Writes, reads and removes a small blob.
 * @throws BlobStoreError, or Error of the file system, if one of them fails
 */
export async function tryBlobs(blobs: BlobStore): Promise<void> {
  const key = `${folder}${randomUUID()}`;
  await blobs.put(key, Buffer.from(key));
  await readBlob(blobs, key);
  await blobs.delete(key);
}

/** Whether a key is that of a blob of `tryBlobs`, which a killed server may have left. */
export function isProbeKey(key: string): boolean {
  return key.startsWith(folder);
}
