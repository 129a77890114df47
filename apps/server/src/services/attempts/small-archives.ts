import type { BlobStore } from '../../blobs/blob-store.ts';
import type { DeploymentRecord } from '../../store/records.ts';
import { buffer } from 'node:stream/consumers';
import { LRUCache } from 'lru-cache';

/** An archive up to this size goes with the admission; a larger one is downloaded. */
export const maxSmallBytes = 128 * 1024;
const maxKeptBytes = 4 * 1024 * 1024;

/** Archives as base64; without those that are absent or large. */
export interface SmallArchives {
  code?: string;
  configuration?: string;
}

/** Reads archives that are small enough for the response to an admission, which saves a request for each. */
export function createSmallArchives(blobs: BlobStore) {
  /** An archive never changes. */
  const texts = new LRUCache<string, string>({
    maxSize: maxKeptBytes,
    sizeCalculation: (text) => text.length + 1,
  });

  async function readCode({ archiveKey }: DeploymentRecord): Promise<string | undefined> {
    const known = texts.get(archiveKey);
    if (known !== undefined) return known;
    const stored = await blobs.stat(archiveKey);
    if (stored === undefined || stored.sizeBytes > maxSmallBytes) return undefined;
    const text = (await buffer(await blobs.openRead(archiveKey))).toString('base64');
    texts.set(archiveKey, text);
    return text;
  }

  /** @param configuration the archive that this run gets */
  return async function readSmallArchives(
    deployment: DeploymentRecord,
    configuration: Buffer,
  ): Promise<SmallArchives> {
    const code = await readCode(deployment);
    return {
      ...(code === undefined ? {} : { code }),
      ...(configuration.length > maxSmallBytes ? {} : { configuration: configuration.toString('base64') }),
    };
  };
}
