import type { BucketClient } from './s3-client.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { BlobNotFoundError, BlobStoreError } from '../blob-store.ts';
import { isBeyondEnd, isMissingObject, isReplaced, toBlobStoreError } from './s3-errors.ts';

interface ObjectRange {
  key: string;
  /** The name of the object. */
  name: string;
  start: number;
  /** Exclusive; undefined for the end of the object. */
  end: number | undefined;
}

/** The SDK retries requests, but not a body that breaks off. Together the pauses are a minute: a store may restart. */
const maxFailures = 24;
const [firstPauseMs, maxPauseMs] = [100, 3000];

/** Opens an object, and continues where a broken connection stopped. Rejects with a BlobNotFoundError. */
export async function openObject(bucket: BucketClient, range: ObjectRange): Promise<Readable> {
  const first = await requestRange(bucket, range);
  if (first === null) return Readable.from([]);
  return Readable.from(readObject(bucket, range, first), { objectMode: false });
}

interface OpenedRange {
  body: Readable;
  etag: string | undefined;
}

async function* readObject(bucket: BucketClient, range: ObjectRange, first: OpenedRange) {
  let position = range.start;
  let opened: OpenedRange | null = first;
  for (let failures = 0; ;) {
    try {
      opened ??= await requestRange(bucket, { ...range, start: position }, first.etag);
      if (opened === null) return;
      for await (const chunk of opened.body as AsyncIterable<Uint8Array>) {
        position += chunk.length;
        yield chunk;
      }
      return;
    } catch (error) {
      failures += 1;
      const failure = error instanceof BlobNotFoundError ? error : toBlobStoreError(error, bucket.settings);
      if (failures > maxFailures || !mayPass(failure)) throw failure;
      await delay(Math.min(firstPauseMs * 2 ** failures, maxPauseMs));
    } finally {
      opened?.body.destroy();
      opened = null;
    }
  }
}

function mayPass(error: Error): boolean {
  return error instanceof BlobStoreError && error.code === 'blobs_unavailable';
}

/**
 * @param etag of the object that was opened first: the rest of another one would not fit
 * @returns null if nothing is in the range
 */
async function requestRange(
  bucket: BucketClient,
  { key, name, start, end }: ObjectRange,
  etag?: string,
): Promise<OpenedRange | null> {
  const isWhole = start === 0 && end === undefined;
  const input = {
    Bucket: bucket.settings.bucket,
    Key: name,
    ...(!isWhole && { Range: `bytes=${start}-${end === undefined ? '' : end - 1}` }),
    ...(etag !== undefined && { IfMatch: etag }),
  };
  try {
    const found = await bucket.send((client, sdk) => client.send(new sdk.GetObjectCommand(input)), {
      keeps: (error) => isMissingObject(error) || isBeyondEnd(error) || isReplaced(error),
    });
    if (!(found.Body instanceof Readable)) throw new Error(`S3 answered ${key} without a body`);
    return { body: found.Body, etag: found.ETag };
  } catch (error) {
    if (isBeyondEnd(error)) return null;
    if (isMissingObject(error) || isReplaced(error)) throw new BlobNotFoundError(`There is no blob ${key}`);
    throw error;
  }
}
