import type { TestDatabase } from '../../../../../testing/fixtures/postgres.ts';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createBucketClient } from '../../blobs/s3/s3-client.ts';
import { createPersistence } from '../../store/store.ts';
import { createPrefixCheck } from '../../blobs/s3/prefix-owner.ts';
import { createS3BlobStore } from '../../blobs/s3/s3-blob-store.ts';
import { createServiceLooks } from './look-at-services.ts';
import { createTestDatabase } from '../../../../../testing/fixtures/postgres.ts';
import { readConfig } from '../../config/config.ts';
import { startS3Store, type S3Store } from '../../../../../testing/fixtures/s3-store.ts';

const { signal } = new AbortController();
let s3: S3Store;
let own: TestDatabase;
beforeAll(async () => {
  [s3, own] = await Promise.all([startS3Store(), createTestDatabase()]);
});
afterAll(async () => {
  await s3.remove();
  await own.drop();
});

/** Looks at a prefix of the bucket, with a store that sees what is there. */
function openPrefix(changes: Record<string, string> = {}) {
  const config = readConfig({ ...s3.variables(`doctor/${randomUUID()}`), ...changes });
  if (config.blobs.kind !== 's3') throw new Error('The blobs are not in S3');
  const { settings } = config.blobs;
  const store = createS3BlobStore(createBucketClient(settings));
  const database = createPersistence(own.database);
  return { settings, store, look: createServiceLooks({ config, database, server: null }).blobs };
}

it('tries the bucket, leaves nothing there, and does not mark it as used', async () => {
  const { store, look } = openPrefix();
  expect(await look(signal)).toMatchObject({ status: 'ok', found: expect.stringContaining('s3://') });
  expect(await Array.fromAsync(store.list(''))).toEqual([]);
});

it('finds a wrong secret, and never repeats it', async () => {
  const finding = await openPrefix({ PUMPHOUSE_S3_SECRET_ACCESS_KEY: 'swordfish' }).look(signal);
  expect(finding).toMatchObject({
    status: 'problem',
    nextStep: expect.stringContaining('PUMPHOUSE_S3_'),
  });
  expect(JSON.stringify(finding)).not.toContain('swordfish');
});

it('finds the blobs of another installation', async () => {
  const { settings, store, look } = openPrefix();
  const other = randomUUID();
  await createPrefixCheck(store, settings)(other);
  expect(await look(signal)).toMatchObject({
    status: 'problem',
    found: expect.stringContaining(`installation ${other}`),
  });
});
