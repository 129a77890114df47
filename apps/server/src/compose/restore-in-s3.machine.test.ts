import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createEmptyTestDatabase, type TestDatabase } from '../../../../testing/fixtures/postgres.ts';
import { createServiceFixture, type ServiceFixture } from '../services/testing/service-fixture.ts';
import { openBlobStore, openLocation } from './open-blobs.ts';
import { openCreateBackup, restore } from './open-backups.ts';
import { readConfig } from '../config/config.ts';
import { startS3Store, type S3Store } from '../../../../testing/fixtures/s3-store.ts';

let s3: S3Store;
let original: ServiceFixture;
let target: TestDatabase;
let folder: string;

beforeAll(async () => {
  [s3, original, target, folder] = await Promise.all([
    startS3Store(),
    createServiceFixture(),
    createEmptyTestDatabase(),
    mkdtemp(join(tmpdir(), 'pumphouse-restore-s3-')),
  ]);
});
afterAll(async () => {
  await target.drop();
  await original.close();
  await s3.remove();
  await rm(folder, { recursive: true, force: true });
});

const configOf = (name: string, databaseUrl: string, prefix: string) =>
  readConfig({
    ...s3.variables(prefix),
    PUMPHOUSE_DATA_DIR: join(folder, name),
    PUMPHOUSE_DATABASE_URL: databaseUrl,
    PUMPHOUSE_SECRET_KEY: original.secretKey.toString('base64'),
  });

it('a copy is refused below the prefix of its original, and leaves it alone below another', async () => {
  const config = configOf('original', original.url, 'live');
  const { id } = await original.store.installation.get();
  const { blobs, check } = openLocation(config.blobs, original.persistence);
  await check(id);
  await blobs.put('packages/of-the-original', Buffer.from('code'));
  const listObjects = () => Array.fromAsync(blobs.list(''));
  const before = await listObjects();
  expect(before.map(({ key }) => key).toSorted()).toEqual(['installation', 'packages/of-the-original']);

  const location = { kind: 'folder' as const, path: join(folder, 'backups') };
  const opened = { persistence: original.persistence, connection: original.url };
  await openCreateBackup(config, opened, { location, recipients: [] })({ isScheduled: false });
  const restoreBelow = (prefix: string) =>
    restore(
      configOf(`copy-below-${prefix}`, target.url, prefix),
      { location, identities: [], id: 'latest', replacesOriginal: false },
      { log: original.log, onProgress: () => undefined },
    );

  await expect(restoreBelow('live')).rejects.toMatchObject({ code: 'blobs_of_another_installation' });
  expect(await listObjects()).toEqual(before);
  const { installationId } = await restoreBelow('copy');
  expect(installationId).not.toBe(id);
  const copied = openBlobStore(configOf('copy', target.url, 'copy').blobs);
  expect(await Array.fromAsync(copied.list(''))).toHaveLength(before.length);
  expect(await listObjects()).toEqual(before);
});
