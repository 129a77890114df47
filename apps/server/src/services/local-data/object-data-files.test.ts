import type { ChangedFile } from './commit-local-data.ts';
import type { LocalDataKey } from '../../store/records.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import { createHash, randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ageLocalData } from '../../store/postgres/testing/local-data.ts';
import { createMemberLocalData, type MemberLocalData } from './member-local-data.ts';
import { createObjectDataFiles } from './object-data-files.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createSweepLocalData } from '../retention/local-data.ts';
import { createWorkspaceFixture } from '../testing/workspace-fixture.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';

let fixture: ServiceFixture;
let key: LocalDataKey;
let member: MemberLocalData;

beforeAll(async () => {
  fixture = await createServiceFixture();
  const { persistence, localDataObjects, log } = fixture;
  const files = createObjectDataFiles(persistence, localDataObjects);
  member = createMemberLocalData({ persistence, findFiles: () => files, log });
});
afterAll(() => fixture.close());
beforeEach(async () => {
  key = { workspaceId: (await createWorkspaceFixture(fixture)).workspaceId, profile: 'prod' };
});

/** Commits a file as a run does. */
async function write(path: string, content: string, more: Partial<ChangedFile> = {}): Promise<void> {
  const { localDataObjects } = fixture;
  if (content !== '') await localDataObjects.storeParts(key, randomUUID(), [Buffer.from(content)]);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const parts = content === '' ? [] : [{ offset: 0, sizeBytes: content.length, sha256 }];
  const base = { mode: 0o644, changedNs: '1795950000123456789', linkTarget: null, databasePath: null };
  const file = { path, ...base, sizeBytes: content.length, parts, ...more };
  const { version } = await localDataObjects.measure(key);
  const commit = { baseVersion: version, changed: [file], removed: [] };
  await localDataObjects.commit(key, commit, async () => undefined);
}

async function download(path: string | null = null): Promise<Record<string, string>> {
  const { bytes } = await member.download(key, path);
  const entries = extract();
  bytes.pipe(createGunzip()).pipe(entries);
  const files: Record<string, string> = {};
  for await (const entry of entries) files[entry.header.name] = (await buffer(entry)).toString();
  return files;
}

describe('local data in objects, for members', () => {
  it('has files with holes, and no links', async () => {
    await write('shop.duckdb', 'rows', { sizeBytes: 6 });
    await write('shop.duckdb.wal', 'more');
    await write('sub/a.csv', '1');
    await write('link', '', { linkTarget: '/etc/passwd' });
    const { profiles } = await member.list(key.workspaceId);
    expect(profiles).toMatchObject([{ profile: 'prod', fileCount: 3, sizeBytes: 11 }]);
    expect(profiles[0]?.files[0]).toEqual({
      path: 'shop.duckdb',
      sizeBytes: 6,
      changedAt: new Date('2026-11-29T11:00:00.123Z'),
    });
    expect(await download('shop.duckdb')).toEqual({ 'shop.duckdb': 'rows\0\0', 'shop.duckdb.wal': 'more' });
    expect(Object.keys(await download())).toEqual(['shop.duckdb', 'shop.duckdb.wal', 'sub/a.csv']);
    for (const path of ['link', 'missing', '../prod'])
      await expect(download(path)).rejects.toMatchObject({ code: 'local_data_missing' });
  });

  it('is reset and restored, also after contents without an owner were removed', async () => {
    const { database } = fixture;
    const sweep = createSweepLocalData(fixture.persistence);
    await write('shop.duckdb', 'old');
    expect(await member.reset(key)).toMatchObject({ fileCount: 1, sizeBytes: 3, version: 1 });
    expect((await member.list(key.workspaceId)).profiles).toEqual([]);
    await write('shop.duckdb', 'newer');
    await ageLocalData(database, key.workspaceId, 20);
    await sweep();
    await member.restore(key);
    expect(await download()).toEqual({ 'shop.duckdb': 'old' });
    await member.restore(key);
    expect(await download()).toEqual({ 'shop.duckdb': 'newer' });
    await setColumns(
      database,
      'local_data_resets',
      { keptUntil: new Date() },
      { workspaceId: key.workspaceId },
    );
    await member.removeExpired();
    await expect(member.restore(key)).rejects.toMatchObject({ code: 'local_data_missing' });
    await ageLocalData(database, key.workspaceId, 20);
    await sweep();
    const digests = ['old', 'newer'].map((content) => createHash('sha256').update(content).digest('hex'));
    const parts = await fixture.persistence.store.localData.parts.find(key, digests);
    expect(parts.map(({ sha256 }) => digests.indexOf(sha256))).toEqual([1]);
  });
});
