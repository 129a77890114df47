import type { ServiceFixture } from '../testing/service-fixture.ts';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { createFakeExecutor } from '../../executors/fake/fake-executor.ts';
import { createOrphanCollector } from './orphans.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { ago } from '../../../../../testing/fixtures/relative-times.ts';
import { listWithUploads } from './upload-folders.ts';

let fixture: ServiceFixture;
beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());

async function createUploadDir(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-uploads-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function plantUpload(uploadDir: string, name: string, startedAt: Date): Promise<string> {
  const path = join(uploadDir, name);
  await mkdir(path);
  await writeFile(join(path, 'file'), 'x'.repeat(1000));
  await utimes(path, startedAt, startedAt);
  return path;
}

it('uploads that a killed server left are listed, and removed while the next server runs', async () => {
  const uploadDir = await createUploadDir();
  const abandoned = await plantUpload(uploadDir, 'upload-a', ago({ minutes: 61 }));
  const received = await plantUpload(uploadDir, 'upload-b', ago({ minutes: 59 }));
  await plantUpload(uploadDir, 'other', ago({ minutes: 61 }));
  const executor = listWithUploads(createFakeExecutor(), uploadDir);
  const orphans = createOrphanCollector({ ...fixture, executor });
  const listed = (await orphans.list()).toSorted((one, other) => one.id.localeCompare(other.id));
  expect(listed).toMatchObject([
    { id: abandoned, isOrphan: true, sizeBytes: 1000, reason: 'the server that received it was killed' },
    { id: received, isOrphan: false, reason: 'an upload may be in progress' },
  ]);
  expect(await orphans.remove()).toMatchObject({ removed: [{ id: abandoned }], failed: [] });
  expect((await readdir(uploadDir)).toSorted()).toEqual(['other', 'upload-b']);
});

it('an executor keeps its own resources, and a folder of uploads may not exist yet', async () => {
  const own = createFakeExecutor();
  own.plant({
    kind: 'folder',
    id: '/elsewhere/upload-a',
    owner: { kind: 'nobody' },
    madeAt: new Date(),
    sizeBytes: 1,
  });
  const executor = listWithUploads(own, join(await createUploadDir(), 'missing'));
  expect((await executor.listResources({ withSizes: true })).map(({ id }) => id)).toEqual([
    '/elsewhere/upload-a',
  ]);
  await executor.removeResource({ kind: 'folder', id: '/elsewhere/upload-a' });
  expect(await own.listResources({ withSizes: false })).toEqual([]);
});
