import type { BlobStat, BlobStore } from '../../blobs/blob-store.ts';
import type { AttemptLogExtent } from '../../store/records.ts';
import type { BlobsMove } from './blobs-move.ts';
import type { Persistence } from '../../store/store.ts';
import { createHash } from 'node:crypto';
import pLimit from 'p-limit';
import { BlobNotFoundError } from '../../blobs/blob-store.ts';
import { CopyDiffersError } from './blobs-move.ts';
import { createMoveLogs } from './move-logs.ts';
import { isMarkerKey } from '../../blobs/s3/prefix-owner.ts';

export interface MoveBlobsDependencies extends BlobsMove {
  persistence: Persistence<'attempts' | 'logChunks' | 'secretKeys'>;
  onProgress: (moved: MovedBlobs) => void;
}

export interface MovedBlobs {
  copied: number;
  copiedBytes: number;
  /** Were copied before. */
  present: number;
  /** Logs of active runs: they move after the switch. */
  waitingLogs: number;
  /** Logs that are in neither location. */
  missingLogs: number;
}

/** The secret key is being replaced, which rewrites blobs. */
export class MoveRefusedError extends Error {
  override readonly name = 'MoveRefusedError';
}

/** More than clocks of a server and a store differ. */
const clockMarginMs = 10 * 60_000;
const copiesAtOnce = 4;
const blobsAtOnce = 200;
const attemptsAtOnce = 200;

/**
 * Creates the copy of all blobs and logs of an installation to another location, while servers run. Each copy is
 * read back and compared. It can be stopped at any point and run again, and removes nothing from the former
 * location.
 */
export function createMoveBlobs(dependencies: MoveBlobsDependencies) {
  const { persistence, from, to, isSwitched, onProgress } = dependencies;
  const limit = pLimit(copiesAtOnce);
  const moveLog = createMoveLogs(dependencies);

  async function isPresent(source: BlobStat): Promise<boolean> {
    const there = await to.blobs.stat(source.key);
    if (there === undefined) return false;
    // Servers rewrite blobs only where they write.
    if (isSwitched && there.modifiedAt >= source.modifiedAt) return true;
    if (there.sizeBytes !== source.sizeBytes) return false;
    if (there.modifiedAt.getTime() > source.modifiedAt.getTime() + clockMarginMs) return true;
    const [own, other] = [await hashOf(from.blobs, source.key), await hashOf(to.blobs, source.key)];
    return own === other;
  }

  /** @returns false if the blob was removed meanwhile */
  async function copy({ key }: BlobStat): Promise<boolean> {
    try {
      const { sha256, sizeBytes } = await to.blobs.put(key, await from.blobs.openRead(key));
      const found = await to.blobs.stat(key);
      if (found?.sizeBytes !== sizeBytes || (await hashOf(to.blobs, key)) !== sha256)
        throw new CopyDiffersError(`The copy of ${key} differs from it. Run this command again.`);
    } catch (error) {
      if (error instanceof BlobNotFoundError) return false;
      throw error;
    }
    if (await from.blobs.stat(key)) return true;
    await to.blobs.delete(key);
    return false;
  }

  async function moveBlob(source: BlobStat, moved: MovedBlobs): Promise<void> {
    if (await isPresent(source)) moved.present += 1;
    else if (await copy(source)) {
      moved.copied += 1;
      moved.copiedBytes += source.sizeBytes;
    }
    onProgress(moved);
  }

  async function moveLogs(moved: MovedBlobs): Promise<void> {
    for (let afterId: string | null = null; ;) {
      const attempts: AttemptLogExtent[] = await persistence.store.attempts.listWithLogs(
        afterId,
        attemptsAtOnce,
      );
      const move = async (attempt: AttemptLogExtent) => {
        const outcome = await moveLog(attempt);
        if (outcome === 'copied') {
          moved.copied += 1;
          moved.copiedBytes += attempt.logStoredBytes ?? attempt.logBytes;
        } else if (outcome === 'present') moved.present += 1;
        else if (outcome === 'waiting') moved.waitingLogs += 1;
        else moved.missingLogs += 1;
        onProgress(moved);
      };
      await Promise.all(attempts.map((attempt) => limit(move, attempt)));
      afterId = attempts.at(-1)?.id ?? null;
      if (attempts.length < attemptsAtOnce) return;
    }
  }

  /** @throws MoveRefusedError, CopyDiffersError */
  return async function moveBlobs(): Promise<MovedBlobs> {
    const keyIds = await persistence.store.secretKeys.listUsed();
    if (keyIds.length > 1)
      throw new MoveRefusedError(
        'The secret key is being replaced, which rewrites blobs. Finish that first: bin/pumphouse admin rotate-key.',
      );
    const moved: MovedBlobs = { copied: 0, copiedBytes: 0, present: 0, waitingLogs: 0, missingLogs: 0 };
    const hasSameLogs = from.hasChunkedLogs && to.hasChunkedLogs;
    for await (const batch of inBatches(from.blobs.list(''))) {
      // Rows name the objects of logs: between two buckets they move like other blobs.
      const wanted = batch.filter(
        ({ key }) => !isMarkerKey(key) && (hasSameLogs || !key.startsWith('logs/')),
      );
      await Promise.all(wanted.map((source) => limit(moveBlob, source, moved)));
    }
    if (!hasSameLogs) await moveLogs(moved);
    return moved;
  };
}

async function* inBatches(blobs: AsyncIterable<BlobStat>): AsyncIterable<BlobStat[]> {
  let batch: BlobStat[] = [];
  for await (const blob of blobs) {
    batch.push(blob);
    if (batch.length < blobsAtOnce) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

async function hashOf(blobs: BlobStore, key: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of await blobs.openRead(key)) hash.update(Buffer.from(chunk));
  return hash.digest('hex');
}
