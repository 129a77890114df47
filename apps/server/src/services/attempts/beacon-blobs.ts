import type { BlobStore } from '../../blobs/blob-store.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { SpoolRecord } from '../../domain/attempts/spool-record.ts';
import { randomBytes } from 'node:crypto';

export type Beacon = SpoolRecord & { kind: 'beacon' };

/** Blobs of beacons that no row names yet. Without rows they are removed after a day. */
export interface BeaconBlobs {
  rows: { number: number; kind: string; sizeBytes: number; blobKey: string; receivedAt: Date }[];
  reservations: number[];
}

/** The reservation of a blob has expired, because writing it took a day. */
class BeaconBlobLostError extends Error {
  override name = 'BeaconBlobLostError';
}

/**
 * Creates functions that store beacons in two steps: the blobs outside of any transaction, so that a store that
 * hangs holds no connection and no lock, and their rows in the transaction that moves the offset of the spool.
 */
export function createBeaconBlobs({
  persistence,
  blobs,
}: {
  persistence: Persistence<'telemetry'>;
  blobs: BlobStore;
}) {
  return {
    /**
     * Writes blobs of beacons.
     * @param attempt with the number of beacons stored before these
     */
    async write(
      attempt: { id: string; beaconCount: number },
      beacons: readonly Beacon[],
    ): Promise<BeaconBlobs | null> {
      if (beacons.length === 0) return null;
      const rows = beacons.map(({ type, body, at }, index) => {
        const number = attempt.beaconCount + index;
        // Never the key of another writer: the reservation of the one that is not named removes its blob.
        const blobKey = `beacons/${attempt.id}/${number}.${randomBytes(8).toString('hex')}.json`;
        return { number, kind: type, sizeBytes: body.length, blobKey, receivedAt: at };
      });
      const keys = rows.map(({ blobKey }) => blobKey);
      const reservations = await persistence.store.telemetry.reserveBodies(keys);
      for (const [index, { body }] of beacons.entries()) await blobs.put(keys[index] ?? '', body);
      return { rows, reservations };
    },

    /** Stores the rows of written blobs, within a transaction. */
    async name(tx: Pick<Store, 'telemetry'>, attemptId: string, { rows, reservations }: BeaconBlobs) {
      if (!(await tx.telemetry.keepBodies(reservations)))
        throw new BeaconBlobLostError(`Writing the telemetry of attempt ${attemptId} took more than a day`);
      for (const row of rows) await tx.telemetry.addBody({ attemptId, ...row });
    },
  };
}
