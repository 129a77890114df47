import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { S3Settings } from './s3-settings.ts';
import { startS3Store, type S3Store } from '../../../../../testing/fixtures/s3-store.ts';
import { abortUnfinishedUploads } from './unfinished-uploads.ts';
import { createPrefixCheck } from './prefix-owner.ts';
import { createBucketClient } from './s3-client.ts';
import { createS3BlobStore } from './s3-blob-store.ts';
import { describeBlobStore } from '../blob-store-conformance.ts';
import { readBlob } from '../read-blob.ts';

let s3: S3Store;

beforeAll(async () => {
  s3 = await startS3Store();
});
afterAll(() => s3.remove());

function settingsOf(changes: Partial<S3Settings> = {}): S3Settings {
  const { bucket, endpoint, accessKeyId, secretAccessKey } = s3;
  return {
    bucket,
    prefix: `tests/${randomUUID()}`,
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    encryption: null,
    ...changes,
  };
}

const openBlobs = (changes: Partial<S3Settings> = {}) =>
  createS3BlobStore(createBucketClient(settingsOf(changes)));

describe('a blob store in S3', () => {
  describeBlobStore(() => openBlobs());
});

test('stores under different prefixes do not see each other', async () => {
  const prefix = `shared/${randomUUID()}`;
  const [one, other] = [openBlobs({ prefix }), openBlobs({ prefix: `${prefix}2` })];
  await one.put('key', Buffer.from('x'));
  expect(await other.stat('key')).toBeUndefined();
  expect(await Array.fromAsync(other.list(''))).toEqual([]);
});

test('says what is wrong with its settings, without a credential', async () => {
  const secretAccessKey = 'swordfish-of-this-test';
  const { accessKeyId } = s3;
  const cases: [Partial<S3Settings>, string][] = [
    [{ credentials: { accessKeyId, secretAccessKey } }, 'blobs_credentials_wrong'],
    [{ credentials: { accessKeyId: 'nobody', secretAccessKey } }, 'blobs_credentials_wrong'],
    [{ bucket: 'there-is-none' }, 'blobs_bucket_missing'],
    [{ endpoint: 'http://127.0.0.1:9' }, 'blobs_unavailable'],
  ];
  for (const [changes, code] of cases) {
    const reading = openBlobs(changes).openRead('key');
    await expect(reading, code).rejects.toMatchObject({ name: 'BlobStoreError', code });
    await expect(reading).rejects.not.toThrow(secretAccessKey);
  }
});

test('belongs to the first installation that uses its prefix', async () => {
  const settings = settingsOf();
  const blobs = createS3BlobStore(createBucketClient(settings));
  const check = createPrefixCheck(blobs, settings);
  await check('one');
  await check('one');
  await expect(createPrefixCheck(blobs, settings)('two')).rejects.toMatchObject({
    code: 'blobs_of_another_installation',
  });
});

test('aborts uploads of killed servers once they are old', async () => {
  const bucket = createBucketClient(settingsOf());
  const input = { Bucket: bucket.settings.bucket, Key: bucket.nameOf('half') };
  await bucket.send((client, sdk) => client.send(new sdk.CreateMultipartUploadCommand(input)));
  expect(await abortUnfinishedUploads(bucket, 24)).toBe(0);
  expect(await abortUnfinishedUploads(bucket, -1)).toBe(1);
  expect(await abortUnfinishedUploads(bucket, -1)).toBe(0);
});

test('waits for a store that restarts, keeps what it stored, and continues a broken read', async () => {
  const blobs = openBlobs();
  const content = Buffer.alloc(24 * 1024 * 1024, 'pump');
  await blobs.put('large', content);
  const reader = (await blobs.openRead('large'))[Symbol.asyncIterator]();
  const begin = (await reader.next()).value as Buffer;
  await s3.kill();
  const writing = blobs.put('later', Buffer.from('durable'));
  writing.catch(() => undefined);
  await s3.restart();
  await writing.catch(() => blobs.put('later', Buffer.from('durable')));
  const parts = [begin];
  for (let next = await reader.next(); !next.done; next = await reader.next())
    parts.push(next.value as Buffer);
  expect(Buffer.concat(parts).equals(content)).toBe(true);
  expect(await text(await blobs.openRead('later'))).toBe('durable');
  expect((await readBlob(blobs, 'large')).equals(content)).toBe(true);
});
