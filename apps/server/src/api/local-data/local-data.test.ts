import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import type { SeededRun } from '../testing/seed-run.ts';
import { access, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buffer, text } from 'node:stream/consumers';
import { createApiFixture } from '../testing/api-fixture.ts';
import { listAuditEntries } from '../../services/testing/audit-entries.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { callAsAttempt } from '../testing/attempt-calls.ts';
import { seedRun } from '../testing/seed-run.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';
import { openTestLocalData, writeLocalData } from '../testing/local-data-files.ts';

let api: ApiFixture;
let seeded: SeededRun;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  seeded = await seedRun(api);
});

const write = (path: string, content: string) => writeLocalData(api.folder, seeded, path, content);

const call = (method: 'GET' | 'POST', path: string, payload?: object, caller: TestCaller = seeded.owner) =>
  api.app.inject({
    method,
    url: `/pumphouse/v1/workspaces/${seeded.workspaceId}/local-data${path}`,
    headers: { authorization: `Bearer ${caller.key}` },
    ...(payload && { payload }),
  });

const list = async () => readAnswer('list_local_data', await call('GET', ''));
const reset = () => call('POST', '/-reset', { profile: 'prod' });
const restore = () => call('POST', '/-restore', { profile: 'prod' });

async function download(path?: string): Promise<Record<string, string>> {
  const response = await call(
    'GET',
    `/prod/archive${path === undefined ? '' : `?path=${encodeURIComponent(path)}`}`,
  );
  expect(response.statusCode, response.body).toBe(200);
  const entries = extract();
  entries.end(gunzipSync(response.rawPayload));
  const files: Record<string, string> = {};
  for await (const entry of entries) files[entry.header.name] = (await buffer(entry)).toString();
  return files;
}

const startRun = () =>
  setColumns(
    api.testDatabase.database,
    'job_runs',
    { status: 'running', startedAt: new Date() },
    { id: seeded.run.id },
  );

describe('the files of local data', () => {
  it('are listed per profile, without those of other workspaces', async () => {
    const file = await write('raw/shop.duckdb', 'rows');
    await utimes(file, 1_700_000_000, 1_700_000_000);
    await writeLocalData(api.folder, { ...seeded, profile: 'dev' }, 'a.csv', '12');
    const other = await seedRun(api);
    await writeLocalData(api.folder, other, 'secret.csv', '1');
    expect(await list()).toEqual({
      profiles: [
        {
          profile: 'dev',
          file_count: 1,
          size_bytes: 2,
          files: [expect.objectContaining({ path: 'a.csv', size_bytes: 2 })],
        },
        {
          profile: 'prod',
          file_count: 1,
          size_bytes: 4,
          files: [{ path: 'raw/shop.duckdb', size_bytes: 4, changed_at: '2023-11-14T22:13:20.000Z' }],
        },
      ],
      copies: [],
      distant_workers: [],
    });
  });

  it('are downloaded alone, with the changes of a database, and together', async () => {
    await write('shop.duckdb', 'rows');
    await write('shop.duckdb.wal', 'more');
    await write('sub/a.csv', '1,2');
    expect(await download('shop.duckdb')).toEqual({ 'shop.duckdb': 'rows', 'shop.duckdb.wal': 'more' });
    expect(await download('sub/a.csv')).toEqual({ 'sub/a.csv': '1,2' });
    expect(Object.keys(await download())).toEqual(['shop.duckdb', 'shop.duckdb.wal', 'sub/a.csv']);
    const entries = await listAuditEntries(api.persistence.store, { workspaceId: seeded.workspaceId });
    expect(entries.at(-1)).toMatchObject({ action: 'local-data.download', after: { path: null } });
  });

  it('are never those that a link or a path leads to', async () => {
    const file = await write('a.csv', '1');
    const other = await seedRun(api);
    const secret = await writeLocalData(api.folder, other, 'secret.csv', 'secret');
    await symlink(secret, join(dirname(file), 'link.csv'));
    await symlink(dirname(secret), join(dirname(file), 'folder'));
    const paths = [
      'link.csv',
      'folder/secret.csv',
      secret,
      `../../${other.workspaceId}/prod/secret.csv`,
      '.pumphouse/undo',
      'missing.csv',
    ];
    for (const path of paths) {
      const response = await call('GET', `/prod/archive?path=${encodeURIComponent(path)}`);
      expect([response.statusCode, response.json<{ code: string }>().code], path).toEqual([
        404,
        'local_data_missing',
      ]);
    }
    expect(Object.keys(await download())).toEqual(['a.csv']);
    for (const profile of ['..', '../other', 'a%2Fb'])
      expect((await call('GET', `/${encodeURIComponent(profile)}/archive`)).statusCode).not.toBe(200);
  });

  it('are not downloaded while a run may be writing them', async () => {
    const file = await write('a.csv', '1');
    await startRun();
    const response = await call('GET', '/prod/archive');
    expect(response.statusCode).toBe(409);
    expect(response.json()).toMatchObject({ code: 'local_data_in_use' });
    await utimes(file, 1_700_000_000, 1_700_000_000);
    expect(await download('a.csv')).toEqual({ 'a.csv': '1' });
  });

  it('are whole although the program ended before they were read', async () => {
    await write('a.csv', '1');
    const at = { installationId: 'test', workspaceId: seeded.workspaceId, profile: 'prod', uid: 0 };
    const program = await openTestLocalData(api.folder).openProgram(at, ['list']);
    expect(await program?.ended).toEqual({ code: 0, stderr: '' });
    expect(program && (await text(program.stdout))).toContain('"path": "a.csv"');
  });

  it('of workers are named as out of reach', async () => {
    const { worker } = await api.services.workers.create(seeded.organizationId, 'edge-1');
    await setColumns(api.testDatabase.database, 'job_runs', { workerId: worker.id }, { id: seeded.run.id });
    expect((await list()).distant_workers).toEqual(['edge-1']);
  });
});

describe('a reset of local data', () => {
  it('keeps a copy, which restoring exchanges for what is there', async () => {
    await write('shop.duckdb', 'old');
    const { copy } = readAnswer('reset_local_data', await reset());
    expect(copy).toMatchObject({ profile: 'prod', file_count: 1, size_bytes: 3 });
    expect(await list()).toMatchObject({ profiles: [], copies: [{ id: copy?.id }] });
    await write('shop.duckdb', 'newer');
    const restored = readAnswer('restore_local_data', await restore());
    expect(restored).toMatchObject({ restored: { id: copy?.id }, copy: { file_count: 1, size_bytes: 5 } });
    expect(await download()).toEqual({ 'shop.duckdb': 'old' });
    expect((await list()).copies).toHaveLength(1);
    await restore();
    expect(await download()).toEqual({ 'shop.duckdb': 'newer' });
    const entries = await listAuditEntries(api.persistence.store, { workspaceId: seeded.workspaceId });
    expect(
      entries.map(({ action }) => action).filter((action) => action.startsWith('local-data.re')),
    ).toEqual(['local-data.reset', 'local-data.restore', 'local-data.restore']);
  });

  it('of nothing keeps nothing, also the copy of before', async () => {
    await write('shop.duckdb', 'old');
    await reset();
    expect(readAnswer('reset_local_data', await reset())).toEqual({ copy: null });
    await restore();
    expect(await download()).toEqual({ 'shop.duckdb': 'old' });
  });

  it('is refused while a run is active, which it names', async () => {
    await write('shop.duckdb', 'old');
    await startRun();
    const response = await reset();
    expect([response.statusCode, response.json()]).toMatchObject([
      409,
      {
        code: 'local_data_in_use',
        detail: `Run ${seeded.run.number} of jobs.m.f is active under the profile prod.`,
      },
    ]);
    expect((await list()).profiles).toHaveLength(1);
    expect(await readdir(join(api.folder, 'local-data', seeded.workspaceId, 'prod'))).toEqual([
      'shop.duckdb',
    ]);
  });

  it('holds runs back until files have moved, and not after the server has died', async () => {
    const attempt = await api.createAttempt(seeded.run);
    await api.setRun(seeded.run.id, { status: 'starting' });
    const { attempts, localData } = api.persistence.store;
    const { resets } = localData;
    const id = '11111111-1111-4111-8111-111111111111';
    await resets.begin(id, { workspaceId: seeded.workspaceId, profile: 'prod' }, 60);
    const run = await api.persistence.store.jobRuns.find(seeded.run.id);
    const payload = JSON.stringify({ claim_number: run?.claimNumber, nonce: 'n' });
    const begin = () => callAsAttempt(api.app, attempt, { method: 'POST', route: '-begin', payload });
    expect([(await begin()).statusCode, (await reset()).statusCode]).toEqual([503, 409]);
    expect((await attempts.get(attempt.id))?.begunBy).toBeNull();
    await setColumns(api.testDatabase.database, 'local_data_resets', { movingUntil: new Date(0) }, { id });
    await begin();
    expect((await attempts.get(attempt.id))?.begunBy).toBe('n');
  });

  it('is over after a day, when the copy is removed', async () => {
    await write('shop.duckdb', 'old');
    await reset();
    const undo = join(api.folder, 'local-data', seeded.workspaceId, 'prod', '.pumphouse', 'undo');
    await api.services.memberLocalData.removeExpired();
    expect(await readdir(undo)).toHaveLength(1);
    const where = { workspaceId: seeded.workspaceId };
    await setColumns(api.testDatabase.database, 'local_data_resets', { keptUntil: new Date() }, where);
    expect((await restore()).json()).toMatchObject({ code: 'local_data_missing' });
    await api.services.memberLocalData.removeExpired();
    expect(await readdir(undo)).toEqual([]);
    expect((await list()).copies).toEqual([]);
  });

  it('can be undone although a run has deleted the newest copy', async () => {
    await write('shop.duckdb', 'old');
    await reset();
    await write('shop.duckdb', 'newer');
    const { copy } = readAnswer('reset_local_data', await reset());
    const undo = join(api.folder, 'local-data', seeded.workspaceId, 'prod', '.pumphouse', 'undo');
    await rm(join(undo, copy?.id ?? ''), { recursive: true });
    expect((await restore()).json()).toMatchObject({ code: 'local_data_missing' });
    readAnswer('restore_local_data', await restore());
    expect(await download()).toEqual({ 'shop.duckdb': 'old' });
  });

  it('follows no link that a run has made in place of the copies', async () => {
    const file = await write('a.csv', '1');
    const outside = join(api.folder, 'outside');
    await writeFile(outside, '');
    await symlink(outside, join(dirname(file), '.pumphouse'));
    expect((await reset()).json()).toMatchObject({ code: 'local_data_failed' });
    await access(file);
  });
});
