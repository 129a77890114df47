import { buffer } from 'node:stream/consumers';
import type { BlobStore } from './blob-store.ts';

/** Reads all bytes of a small blob. Rejects with a BlobNotFoundError. */
export async function readBlob(blobs: BlobStore, key: string): Promise<Buffer> {
  return buffer(await blobs.openRead(key));
}
