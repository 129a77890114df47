import { buffer } from 'node:stream/consumers';
import type { BlobStore } from './blob-store.ts';

/** All bytes of a blob that is known to be small. Rejects with a BlobNotFoundError. */
export async function readBlob(blobs: BlobStore, key: string): Promise<Buffer> {
  return buffer(await blobs.openRead(key));
}
