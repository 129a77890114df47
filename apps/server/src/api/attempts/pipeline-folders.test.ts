import type { ApiFixture, TestAttempt } from '../testing/api-fixture.ts';
import type { SeededRun } from '../testing/seed-run.ts';
import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { defaultRetention, parseRetention } from '../../domain/retention/retention-limits.ts';
import { createPipelineFolders } from '../../services/pipelines/pipeline-folders.ts';
import { callAsAttempt } from '../testing/attempt-calls.ts';
import { createApiFixture } from '../testing/api-fixture.ts';
import { seedRun } from '../testing/seed-run.ts';
import { setAttempt } from '../../store/postgres/testing/attempts.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';

let api: ApiFixture;
let seeded: SeededRun;
let attempt: TestAttempt;
const folder = () => randomUUID();

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  seeded = await seedRun(api);
  attempt = await createBegunAttempt();
});

async function createBegunAttempt(of: SeededRun = seeded): Promise<TestAttempt> {
  const created = await api.createAttempt(of.run);
  await setAttempt(api.testDatabase.database, created.id, { begunAt: new Date(), begunBy: 'nonce' });
  return created;
}

const close = ({ id }: TestAttempt) =>
  setAttempt(api.testDatabase.database, id, { closedAt: new Date(), finishedAt: new Date() });

async function call(route: string, payload: string | Buffer | object, as = attempt) {
  const body = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload);
  const answer = await callAsAttempt(api.app, as, { method: 'POST', route, payload: body });
  expect(answer.isProved).toBe(true);
  return answer;
}

const digestOf = (content: string) => createHash('sha256').update(content).digest('hex');

const store = (id: string, content: string, as = attempt, pipeline = 'shop') =>
  call(`-store-pipeline-parts?folder=${id}&pipeline=${pipeline}&sizes=${content.length}`, content, as);

const file = (content: string) => ({
  mode: 0o600,
  size_bytes: content.length,
  changed_ns: '1795950000123456789',
  parts: [[0, content.length, digestOf(content)]],
});
const directory = { mode: 0o700, size_bytes: 0, changed_ns: '0', parts: null };

const pending = (loadId: string, more: object = {}) => ({
  pipeline: 'shop',
  load_id: loadId,
  step: 'extracted',
  created_at: Date.now() / 1000,
  bytes: 7,
  jobs_left: 2,
  jobs_done: 0,
  tables: ['orders'],
  tries: 0,
  ...more,
});

interface Saved {
  changed?: object;
  removed?: string[];
  packages?: object[];
  pipeline?: string;
}

const describeFolder = (id: string, { changed = {}, removed = [], packages, pipeline = 'shop' }: Saved) => ({
  folder: id,
  pipeline,
  origin: { run: 1, job: 'jobs.shop.load', tries: 0 },
  packages: packages ?? [pending('1.5')],
  changed,
  removed,
});

const record = (id: string, saved: Saved = {}, as = attempt) =>
  call('-record-pipeline-folders', { saved: [describeFolder(id, saved)], removed: [] }, as);

const take = async (as: TestAttempt, pipeline = 'shop') => {
  const answer = await call('-take-pipeline-folder', { pipeline }, as);
  expect(answer.statusCode).toBe(200);
  return answer.json() as { folder: string | null; attempt?: string; files?: object; origin?: object };
};

/** Stores a folder with one file. */
async function keep(content = 'content', saved: Saved = {}, as = attempt): Promise<string> {
  const id = folder();
  expect((await store(id, content, as, saved.pipeline)).statusCode).toBe(200);
  const changed = { load: directory, 'load/rows': file(content) };
  expect((await record(id, { changed, ...saved }, as)).statusCode).toBe(200);
  return id;
}

const list = (as = attempt) =>
  api.services.pendingPackages
    .list(seeded.run.workspaceId, {
      pipelineName: null,
      jobRunId: null,
      onlyPending: false,
    })
    .then((packages) => packages.map(({ loadId, state }) => ({ loadId, state, of: as.id === attempt.id })));

describe('the routes of working folders of pipelines', () => {
  it.each([
    '-store-pipeline-parts?folder=1&pipeline=shop&sizes=2',
    '-record-pipeline-folders',
    '-take-pipeline-folder',
    '-read-pipeline-parts',
  ])('reject %s from all callers except the attempt itself', async (route) => {
    const other = await createBegunAttempt(await seedRun(api));
    for (const forged of [
      { id: attempt.id, secret: other.secret },
      { id: other.id, secret: attempt.secret },
    ])
      expect(await callAsAttempt(api.app, forged, { method: 'POST', route, payload: '{}' })).toMatchObject({
        statusCode: 401,
      });
  });

  it('keep contents until an attempt takes them, with their names, modes and times', async () => {
    const id = folder();
    const changed = { load: directory, 'load/rows': file('content') };
    const missing = await record(id, { changed });
    expect(missing.json()).toMatchObject({
      code: 'pipeline_parts_missing',
      extra: { sha256: [digestOf('content')] },
    });
    expect((await store(id, 'content')).json()).toEqual({ sha256: [digestOf('content')] });
    expect((await record(id, { changed })).statusCode).toBe(200);
    expect((await record(id, { changed })).statusCode).toBe(200);
    const next = await createBegunAttempt();
    expect(await take(next)).toEqual({ folder: null });
    await close(attempt);
    expect(await take(next)).toEqual({
      packages: [expect.objectContaining({ load_id: '1.5', step: 'extracted' })],
      folder: id,
      attempt: attempt.id,
      origin: { run: 1, job: 'jobs.shop.load', tries: 0 },
      files: changed,
    });
    const read = await call('-read-pipeline-parts', { folder: id, parts: [digestOf('content')] }, next);
    expect(read.body.toString()).toBe('content');
    expect((await record(id, {}, attempt)).json()).toMatchObject({ code: 'attempt_closed' });
  });

  it('move files and forget contents that no file has', async () => {
    const id = await keep('first');
    await store(id, 'second');
    await record(id, { changed: { done: file('first'), rows: file('second') }, removed: ['load/rows'] });
    await record(id, { removed: ['rows'] });
    await close(attempt);
    const next = await createBegunAttempt();
    expect((await take(next)).files).toEqual({ load: directory, done: file('first') });
    const gone = await call('-read-pipeline-parts', { folder: id, parts: [digestOf('second')] }, next);
    expect(gone.statusCode).toBe(404);
    await call('-record-pipeline-folders', { saved: [], removed: [id] }, next);
    const { rows } = await countKept();
    expect(rows).toBe(0);
  });

  it('give each folder to one of many attempts, the oldest first', async () => {
    const ids = [await keep('1'), await keep('2'), await keep('3', { pipeline: 'other' })];
    await close(attempt);
    const attempts: TestAttempt[] = [];
    for (let count = 0; count < 6; count += 1) attempts.push(await createBegunAttempt());
    const taken = await Promise.all(attempts.map((each) => take(each)));
    const found = taken.flatMap(({ folder: id }) => id ?? []);
    expect(found.toSorted()).toEqual(ids.slice(0, 2).toSorted());
    // Their owners are open.
    expect(await take(await createBegunAttempt())).toEqual({ folder: null });
    await Promise.all(attempts.map(close));
    expect((await take(await createBegunAttempt())).folder).toBe(ids[0]);
  });

  it('belong to a workspace and profile, and to the attempt that owns them', async () => {
    const id = await keep();
    const other = await createBegunAttempt(await seedRun(api));
    const same = await createBegunAttempt();
    for (const stranger of [other, same]) {
      expect((await record(id, {}, stranger)).json()).toMatchObject({ code: 'pipeline_folder_lost' });
      expect((await store(id, 'x', stranger)).json()).toMatchObject({ code: 'pipeline_folder_lost' });
      const read = await call('-read-pipeline-parts', { folder: id, parts: [digestOf('content')] }, stranger);
      expect(read.json()).toMatchObject({ code: 'pipeline_folder_lost' });
      await call('-record-pipeline-folders', { saved: [], removed: [id] }, stranger);
    }
    await close(attempt);
    expect(await take(other)).toEqual({ folder: null });
    await setColumns(api.testDatabase.database, 'job_runs', { profile: 'dev' }, { id: seeded.run.id });
    expect(await take(same)).toEqual({ folder: null });
  });

  it('change together with the local data, or not at all', async () => {
    const id = await keep();
    const commit = (more: object) =>
      call('-commit-local-data', { base_version: 0, changed: [], removed: [], ...more });
    const lost = await commit({
      changed: [{ path: 'x', ...file('absent'), link_target: null, database_path: null }],
      pipeline_folders: { saved: [], removed: [id] },
    });
    expect(lost.json()).toMatchObject({ code: 'local_data_parts_missing' });
    expect((await countKept()).rows).toBe(1);
    const done = await commit({ pipeline_folders: { saved: [], removed: [id] } });
    expect(done.json()).toEqual({ version: 0, has_pipeline_folders: true });
    expect((await countKept()).rows).toBe(0);
  });

  it('are bounded', async () => {
    const { persistence, blobs } = api;
    const small = createPipelineFolders({ persistence, blobs, limits: { maxBytes: 10, maxDays: 30 } });
    const kept = { id: folder(), pipelineName: 'shop' };
    await small.storeParts(attempt.id, kept, [Buffer.from('x'.repeat(15))]);
    await expect(small.storeParts(attempt.id, kept, [Buffer.from('y'.repeat(15))])).rejects.toMatchObject({
      code: 'pipeline_folders_too_large',
    });
    const saved = { ...kept, origin: {}, packages: [pending('1.5')], changed: {}, removed: [] };
    await expect(small.record(attempt.id, { saved: [saved], removed: [] })).rejects.toMatchObject({
      code: 'pipeline_folders_too_large',
    });
  });

  it.each(['../x', '/etc/passwd', 'a//b', 'a/../b', ''])('reject the path %j', async (path) => {
    const refused = await record(folder(), { changed: { [path]: directory } });
    expect(refused.json()).toMatchObject({ code: 'invalid_request' });
  });
});

describe('what is pending', () => {
  const endLost = async () => {
    await api.services.finishRun(seeded.run.id, {
      status: 'failed',
      failure: { code: 'attempt_lost', detail: 'Its pod is gone.' },
    });
  };

  it('is listed when an attempt is lost, and ends with the run that finishes it', async () => {
    await keep();
    expect(await list()).toEqual([]);
    await endLost();
    expect(await list()).toEqual([expect.objectContaining({ loadId: '1.5', state: 'pending' })]);
  });

  it('is dropped at once when a member asks, with its contents', async () => {
    await keep();
    await endLost();
    await api.services.pendingPackages.drop({
      workspaceId: seeded.run.workspaceId,
      profile: seeded.run.profile,
      pipelineName: 'shop',
    });
    expect(await list()).toEqual([expect.objectContaining({ state: 'dropped' })]);
    expect(await countKept()).toEqual({ rows: 0, removals: 1 });
  });

  it('is removed when it is too old, and so is an upload that never became complete', async () => {
    await keep();
    await store(folder(), 'never recorded');
    await close(attempt);
    const { retention } = api.services;
    const purge = () =>
      retention.purge({ kinds: [], limits: parseRetention(defaultRetention), dryRun: false });
    await purge();
    expect((await countKept()).rows).toBe(1);
    await api.testDatabase.database.execute(
      `update pipeline_folders set changed_at = now() - interval '31 days'`,
    );
    await purge();
    expect((await countKept()).rows).toBe(0);
  });
});

async function countKept() {
  return api.testDatabase.database.one<{ rows: number; removals: number }>(
    `select (select count(*)::int from pipeline_folders where workspace_id = $1) as rows,
            (select count(*)::int from storage_removals
              where target->>'key' like 'pipeline-folders/' || $1 || '/%' and not_before is null) as removals`,
    [seeded.run.workspaceId],
  );
}
