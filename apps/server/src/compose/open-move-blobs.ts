import type { Config } from '../config/config.ts';
import type { MovedBlobs } from '../services/retention/move-blobs.ts';
import type { Persistence } from '../store/store.ts';
import { createMoveBlobs } from '../services/retention/move-blobs.ts';
import { describeLocation, isSameLocation } from '../blobs/blobs-location.ts';
import { openLocation } from './open-blobs.ts';
import { readBlobsLocation } from '../config/config.ts';

/** A move of blobs that is ready to start. */
export interface OpenedMove {
  /** URLs. */
  from: string;
  to: string;
  /** Servers write to the new location already. */
  isSwitched: boolean;
  move: () => Promise<MovedBlobs>;
}

/**
 * Opens the use case of `admin move-blobs`. Whether servers write to the new location already follows from the
 * settings of the command, which must be those of the servers.
 * @throws Error if the settings and the new location do not fit; BlobStoreError if it cannot be used
 */
export async function openMoveBlobs(
  config: Config,
  persistence: Persistence,
  { toUrl, onProgress }: { toUrl: string; onProgress: (moved: MovedBlobs) => void },
): Promise<OpenedMove> {
  const { blobs, blobsFallback } = config;
  const target = readBlobsLocation(toUrl);
  const isSwitched = isSameLocation(target, blobs);
  const source = isSwitched ? blobsFallback : blobs;
  if (!source)
    throw new Error(
      `${describeLocation(blobs)} is where the servers keep their blobs. Set PUMPHOUSE_BLOBS_FALLBACK_URL to the former location to copy the rest from there.`,
    );
  if (!isSwitched && blobsFallback)
    throw new Error(
      `Another move is not finished: first run bin/pumphouse admin move-blobs --to ${describeLocation(blobs)}, and remove PUMPHOUSE_BLOBS_FALLBACK_URL.`,
    );
  const { id } = await persistence.store.installation.get();
  const [from, to] = [openLocation(source, persistence), openLocation(target, persistence)];
  await from.check(id);
  await to.check(id);
  return {
    from: describeLocation(source),
    to: describeLocation(target),
    isSwitched,
    move: createMoveBlobs({ persistence, from, to, isSwitched, onProgress }),
  };
}
