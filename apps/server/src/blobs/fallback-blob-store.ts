import type { BlobStore } from './blob-store.ts';
import { BlobNotFoundError } from './blob-store.ts';

/**
 * Creates a blob store that writes to `primary`, and reads from `former` what is not in it yet, while blobs
 * move between two stores.
 */
export function createFallbackBlobStore(primary: BlobStore, former: BlobStore): BlobStore {
  return {
    put: (key, content) => primary.put(key, content),

    async openRead(key, range) {
      try {
        return await primary.openRead(key, range);
      } catch (error) {
        if (!(error instanceof BlobNotFoundError)) throw error;
        return former.openRead(key, range);
      }
    },

    stat: async (key) => (await primary.stat(key)) ?? former.stat(key),

    // In this order: after a copy, the mover removes the copy if its source is gone.
    async delete(key) {
      await former.delete(key);
      await primary.delete(key);
    },

    async *list(prefix) {
      const moved = new Set<string>();
      for await (const found of primary.list(prefix)) {
        moved.add(found.key);
        yield found;
      }
      for await (const found of former.list(prefix)) if (!moved.has(found.key)) yield found;
    },
  };
}
