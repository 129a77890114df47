import type { BlobStore } from '../../blobs/blob-store.ts';
import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import pLimit from 'p-limit';
import { localDataLimits } from '../../domain/local-data/local-data-limits.ts';
import { ServiceError } from '../../platform/service-error.ts';

const concurrentPuts = 8;
/** How much is read from the blob store before the run has taken it. */
const readAheadBytes = 2 * localDataLimits.partBytes;

/** A part whose blob is written, and is removed in a day unless its reservation is ended. */
export interface WrittenPart {
  sha256: string;
  sizeBytes: number;
  blobKey: string;
  reservation: number;
}

/** The reservations of blobs, in one of the stores of parts. */
interface BlobReservations {
  reserveBlobs: (keys: readonly string[]) => Promise<number[]>;
  keepBlobs: (reservations: readonly number[]) => Promise<boolean>;
}

/** Writes contents as blobs below a folder, which are reserved. @returns them in the order of the contents */
export async function writeParts(
  blobs: BlobStore,
  { reserveBlobs }: Pick<BlobReservations, 'reserveBlobs'>,
  folder: string,
  contents: readonly Uint8Array[],
): Promise<WrittenPart[]> {
  const keys = contents.map(() => `${folder}/${randomUUID()}`);
  const reservations = await reserveBlobs(keys);
  const limit = pLimit(concurrentPuts);
  return Promise.all(
    contents.map((content, index) =>
      limit(async () => {
        const blobKey = keys[index] ?? '';
        const { sha256, sizeBytes } = await blobs.put(blobKey, content);
        return { sha256, sizeBytes, blobKey, reservation: reservations[index] ?? 0 };
      }),
    ),
  );
}

/**
 * Ends the reservations of the written parts that were added; the blobs of the others are removed. Called in the transaction
 * that adds them.
 * @throws ServiceError unavailable
 */
export async function keepAdded(
  { keepBlobs }: Pick<BlobReservations, 'keepBlobs'>,
  written: readonly WrittenPart[],
  addedKeys: readonly string[],
): Promise<void> {
  const added = new Set(addedKeys);
  const kept = written.filter(({ blobKey }) => added.has(blobKey));
  if (!(await keepBlobs(kept.map(({ reservation }) => reservation))))
    throw new ServiceError('unavailable', 'Storing the parts took too long.');
}

/** Equal parts of one request are one part. */
export const uniqueParts = (parts: readonly WrittenPart[]): WrittenPart[] => [
  ...new Map(parts.map((part) => [part.sha256, part])).values(),
];

/** Reads parts one after the other, and the next ones while the one before is sent. */
export async function* readAhead(
  blobs: BlobStore,
  parts: readonly { blobKey: string; sizeBytes: number }[],
): AsyncGenerator<Buffer> {
  const reading: { content: Promise<Buffer>; sizeBytes: number }[] = [];
  let next = 0;
  let bytes = 0;
  const fill = () => {
    for (let part = parts[next]; part !== undefined; part = parts[next]) {
      if (reading.length > 0 && bytes + part.sizeBytes > readAheadBytes) return;
      const content = blobs.openRead(part.blobKey).then((stream) => buffer(stream));
      // Its failure is thrown when its turn comes.
      content.catch(() => undefined);
      reading.push({ content, sizeBytes: part.sizeBytes });
      bytes += part.sizeBytes;
      next += 1;
    }
  };
  fill();
  for (let first = reading.shift(); first !== undefined; first = reading.shift()) {
    yield await first.content;
    bytes -= first.sizeBytes;
    fill();
  }
}
