import type { BlobStat, BlobStore, StoredBlob } from '../blob-store.ts';
import type { BucketClient } from './s3-client.ts';
import type { S3Settings } from './s3-settings.ts';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { BlobNotFoundError, checkBlobKey } from '../blob-store.ts';
import { isMissingObject } from './s3-errors.ts';
import { openObject } from './s3-reading.ts';

/** Of one request, and what is kept in memory for each part that is being sent. */
const partBytes = 8 * 1024 * 1024;
const partsAtOnce = 2;

/**
 * Creates a blob store in a bucket. A blob is the object of its key below the prefix. S3 replaces objects as a
 * whole, so a put is atomic, and it is durable when S3 acknowledges it.
 */
export function createS3BlobStore(bucket: BucketClient): BlobStore {
  const { settings } = bucket;
  const Bucket = settings.bucket;

  function nameOf(key: string): string {
    checkBlobKey(key);
    return bucket.nameOf(key);
  }

  async function put(key: string, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<StoredBlob> {
    const object = { Bucket, Key: nameOf(key), ...encryptionOf(settings) };
    if (content instanceof Uint8Array && content.length <= partBytes) {
      await bucket.send((client, sdk) =>
        client.send(new sdk.PutObjectCommand({ ...object, Body: content, ContentLength: content.length })),
      );
      return { sizeBytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
    }
    const measure = createMeasure(content instanceof Uint8Array ? [content] : content);
    const { Upload } = await import('@aws-sdk/lib-storage');
    try {
      await bucket.send(async (client) => {
        const params = { ...object, Body: Readable.from(measure.read(), { objectMode: false }) };
        // It sends a small content with one request, and aborts an upload in parts that fails.
        const upload = new Upload({ client, params, partSize: partBytes, queueSize: partsAtOnce });
        await upload.done();
      });
    } catch (error) {
      throw measure.failure() ?? error;
    }
    return measure.result();
  }

  async function statBlob(key: string): Promise<BlobStat | undefined> {
    const input = { Bucket, Key: nameOf(key) };
    try {
      const found = await bucket.send((client, sdk) => client.send(new sdk.HeadObjectCommand(input)), {
        keeps: isMissingObject,
      });
      return { key, sizeBytes: found.ContentLength ?? 0, modifiedAt: found.LastModified ?? new Date(0) };
    } catch (error) {
      if (!isMissingObject(error)) throw error;
      return undefined;
    }
  }

  async function deleteBlob(key: string): Promise<void> {
    const input = { Bucket, Key: nameOf(key) };
    try {
      await bucket.send((client, sdk) => client.send(new sdk.DeleteObjectCommand(input)), {
        keeps: isMissingObject,
      });
    } catch (error) {
      if (!isMissingObject(error)) throw error;
    }
  }

  async function* list(prefix: string): AsyncIterable<BlobStat> {
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    if (folder !== '') checkBlobKey(folder.slice(0, -1));
    const before = bucket.nameOf('').length;
    let token: string | undefined;
    do {
      const input = { Bucket, Prefix: bucket.nameOf(prefix), ...(token && { ContinuationToken: token }) };
      const page = await bucket.send((client, sdk) => client.send(new sdk.ListObjectsV2Command(input)));
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        const key = Key?.slice(before) ?? '';
        // Other objects are not ours: a marker, or a folder that a console of the store created.
        if (!isBlobKey(key)) continue;
        yield { key, sizeBytes: Size ?? 0, modifiedAt: LastModified ?? new Date(0) };
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  return {
    put,
    async openRead(key, { start = 0, end } = {}) {
      const name = nameOf(key);
      if (end !== undefined && end <= start) {
        if ((await statBlob(key)) === undefined) throw new BlobNotFoundError(`There is no blob ${key}`);
        return Readable.from([]);
      }
      return openObject(bucket, { key, name, start, end });
    },
    stat: statBlob,
    delete: deleteBlob,
    list,
  };
}

function encryptionOf({ encryption }: S3Settings) {
  if (!encryption) return {};
  const { algorithm, keyId } = encryption;
  return { ServerSideEncryption: algorithm, ...(keyId !== null && { SSEKMSKeyId: keyId }) };
}

function isBlobKey(key: string): boolean {
  try {
    checkBlobKey(key);
    return true;
  } catch {
    return false;
  }
}

/** Counts and hashes a content while it is read, and keeps the error of its source. */
function createMeasure(content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let failure: unknown;
  return {
    async *read() {
      try {
        for await (const chunk of content) {
          hash.update(chunk);
          sizeBytes += chunk.length;
          yield chunk;
        }
      } catch (error) {
        failure = error;
        throw error;
      }
    },
    result: (): StoredBlob => ({ sizeBytes, sha256: hash.digest('hex') }),
    failure: () => failure,
  };
}
