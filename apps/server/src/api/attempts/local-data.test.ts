import type { ApiFixture, TestAttempt } from '../testing/api-fixture.ts';
import type { SeededRun } from '../testing/seed-run.ts';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callAsAttempt } from '../testing/attempt-calls.ts';
import { createApiFixture } from '../testing/api-fixture.ts';
import { seedRun } from '../testing/seed-run.ts';
import { setAttempt } from '../../store/postgres/testing/attempts.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';

let api: ApiFixture;
let seeded: SeededRun;
let attempt: TestAttempt;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  seeded = await seedRun(api);
  attempt = await createBegunAttempt(seeded);
});

async function createBegunAttempt({ run }: SeededRun): Promise<TestAttempt> {
  const created = await api.createAttempt(run);
  await setAttempt(api.testDatabase.database, created.id, { begunAt: new Date(), begunBy: 'nonce' });
  return created;
}

const setRun = (columns: { isApp?: boolean; isInternal?: boolean; profile?: string }) =>
  setColumns(api.testDatabase.database, 'job_runs', columns, { id: seeded.run.id });

async function call(
  method: 'GET' | 'POST',
  route: string,
  payload?: string | Buffer | object,
  as: TestAttempt = attempt,
) {
  const body =
    payload === undefined || typeof payload === 'string' || Buffer.isBuffer(payload)
      ? payload
      : JSON.stringify(payload);
  const answer = await callAsAttempt(api.app, as, { method, route, payload: body });
  expect(answer.isProved).toBe(true);
  return answer;
}

const digestOf = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

const file = (path: string, content: string, more: object = {}) => ({
  path,
  mode: 0o644,
  size_bytes: content.length,
  changed_ns: '1795950000123456789',
  link_target: null,
  database_path: null,
  parts: [[0, content.length, digestOf(content)]],
  ...more,
});

async function store(content: string, as = attempt) {
  const answer = await call('POST', `-store-local-data?sizes=${content.length}`, content, as);
  expect(answer.json()).toEqual({ sha256: [digestOf(content)] });
}

const commit = (changed: object[], more: object = {}, as = attempt) =>
  call('POST', '-commit-local-data', { base_version: 0, changed, removed: [], ...more }, as);

interface Listing {
  version: number;
  files: { path: string; parts: [number, number, number, string][] }[];
  has_more: boolean;
}

const list = async (query = '', as = attempt) => {
  const answer = await call('GET', `local-data${query}`, undefined, as);
  expect(answer.statusCode).toBe(200);
  return answer.json() as Listing;
};

describe('the routes of local data', () => {
  it.each([
    ['GET', 'local-data'],
    ['GET', 'local-data-version'],
    ['POST', '-read-local-data'],
    ['POST', '-store-local-data?sizes=2'],
    ['POST', '-commit-local-data'],
  ] as const)('reject %s %s from all callers except the attempt itself', async (method, route) => {
    const other = await createBegunAttempt(await seedRun(api));
    const payload = method === 'POST' ? '{}' : undefined;
    for (const forged of [
      { id: attempt.id, secret: other.secret },
      { id: other.id, secret: attempt.secret },
      { id: 'not-an-id', secret: attempt.secret },
    ])
      expect(await callAsAttempt(api.app, forged, { method, route, payload })).toMatchObject({
        statusCode: 401,
        isProved: false,
      });
    for (const authorization of [`Bearer ${seeded.owner.key}`, `Bearer ${seeded.token}`, undefined]) {
      const answer = await api.app.inject({
        method,
        url: `/pumphouse/v1/attempts/${attempt.id}/${route}`,
        headers: {
          'content-type': 'application/octet-stream',
          ...(authorization === undefined ? {} : { authorization }),
        },
        ...(payload === undefined ? {} : { payload }),
      });
      expect(answer.statusCode).toBe(401);
    }
  });

  it('store contents, commit files, and give them to the next attempt of the workspace and profile', async () => {
    expect(await list()).toEqual({ version: 0, files: [], has_more: false });
    const missing = await commit([file('deep/rows.db', 'rows')]);
    expect(missing.statusCode).toBe(409);
    expect(missing.json()).toMatchObject({
      code: 'local_data_parts_missing',
      extra: { sha256: [digestOf('rows')] },
    });
    await store('rows');
    expect((await commit([file('deep/rows.db', 'rows')])).json()).toEqual({ version: 1 });

    const next = await createBegunAttempt(seeded);
    const { files, ...listed } = await list('', next);
    expect(listed).toEqual({ version: 1, has_more: false });
    expect(files).toEqual([
      file('deep/rows.db', 'rows', { parts: [[0, expect.any(Number), 4, digestOf('rows')]] }),
    ]);
    const ids = files.flatMap(({ parts }) => parts.map(([, id]) => id));
    const content = await call('POST', '-read-local-data', { parts: [...ids, ...ids] }, next);
    expect(content.body.toString()).toBe('rowsrows');

    const stranger = await createBegunAttempt(await seedRun(api));
    expect((await list('', stranger)).files).toEqual([]);
    expect((await call('POST', '-read-local-data', { parts: ids }, stranger)).json()).toMatchObject({
      code: 'not_found',
    });
    expect((await commit([file('mine', 'rows')], {}, stranger)).json()).toMatchObject({
      code: 'local_data_parts_missing',
    });
    await setRun({ profile: 'dev' });
    expect((await list('', next)).files).toEqual([]);
    expect((await call('POST', '-read-local-data', { parts: ids }, next)).statusCode).toBe(404);
  });

  it('list many files in pages of one version', async () => {
    await store('x');
    const name = (n: number) => `file-${String(n).padStart(4, '0')}`;
    await commit(Array.from({ length: 1500 }, (_, n) => file(name(n), 'x')));
    const first = await list();
    expect(first).toMatchObject({ version: 1, has_more: true });
    expect(first.files).toHaveLength(1000);
    await commit([], { base_version: 1, removed: [name(1400)] });
    const rest = await list(`?at=${first.version}&after=${first.files.at(-1)?.path ?? ''}`);
    expect(rest.files).toHaveLength(500);
    expect(rest.has_more).toBe(false);
  });

  it('reject what an attempt may not do in its state', async () => {
    await store('x');
    await commit([file('kept', 'x')]);
    const changes = async (code: string, as = attempt) => {
      expect((await commit([file('kept', 'x', { mode: 0o600 })], {}, as)).json()).toMatchObject({ code });
      expect((await call('POST', '-store-local-data?sizes=1', 'y', as)).json()).toMatchObject({ code });
    };
    const admitted = await api.createAttempt(seeded.run);
    expect((await call('GET', 'local-data', undefined, admitted)).json()).toMatchObject({
      code: 'attempt_files_withheld',
    });
    await changes('attempt_files_withheld', admitted);

    await setRun({ isApp: true });
    await changes('local_data_closed');
    expect((await list()).files).toEqual([]);
    await setRun({ isApp: false, isInternal: true });
    await changes('local_data_closed');
    expect((await list()).files).toEqual([]);

    await setRun({ isInternal: false });
    expect((await list()).files).toHaveLength(1);
    await setAttempt(api.testDatabase.database, attempt.id, { closedAt: new Date() });
    await changes('attempt_closed');
    expect((await call('GET', 'local-data')).statusCode).toBe(410);
  });

  it('give an app the snapshot of prod, and tell it of a new one', async () => {
    await store('x');
    await commit([file('rows', 'x')]);
    await setRun({ isApp: true, profile: 'access' });
    const readVersion = async () => (await call('GET', 'local-data-version')).json();
    expect(await readVersion()).toEqual({ version: 0 });
    await api.services.localDataObjects.takeSnapshot(
      { workspaceId: seeded.workspaceId, profile: 'prod' },
      { version: 1, only: null },
    );
    expect(await readVersion()).toEqual({ version: 1 });
    expect((await list()).files).toMatchObject([{ path: 'rows' }]);
  });

  it('reject malformed input', async () => {
    const refused = async (answer: ReturnType<typeof call>) =>
      expect((await answer).json()).toMatchObject({ code: 'invalid_request' });
    for (const query of ['?at=-1', '?at=x', '?at=1.5', `?after=${'x'.repeat(1025)}`])
      await refused(call('GET', `local-data${query}`));
    for (const body of ['x', '{}', '{"parts":[]}', '{"parts":[0]}', '{"parts":["1"]}'])
      await refused(call('POST', '-read-local-data', body));
    await refused(call('POST', '-read-local-data', { parts: Array.from({ length: 257 }, (_, n) => n + 1) }));
    for (const sizes of ['', '0', '-1', '1,', 'x', '3', '1,2', '4194305'])
      await refused(call('POST', `-store-local-data?sizes=${sizes}`, 'xy'));
    const digest = digestOf('x');
    for (const more of [
      { path: '../x' },
      { path: '/x' },
      { path: '' },
      { path: 7 },
      { mode: 0o4755 },
      { mode: -1 },
      { size_bytes: -1 },
      { size_bytes: 2 ** 60 },
      { changed_ns: 'soon' },
      { changed_ns: '9999999999999999999' },
      { parts: [[0, 1, 'abc']] },
      { parts: [[-1, 1, digest]] },
      { parts: [[0, 5 * 1024 * 1024, digest]] },
      { link_target: 'x'.repeat(5000) },
    ])
      await refused(commit([file('x', 'x', more)]));
    await refused(commit([], { base_version: -1 }));
    await refused(commit([], { removed: ['a/../../b'] }));
    expect((await list()).version).toBe(0);
  });

  it('reject contents that are longer than one part', async () => {
    const body = Buffer.alloc(4 * 1024 * 1024 + 1);
    const answer = await callAsAttempt(api.app, attempt, {
      method: 'POST',
      route: `-store-local-data?sizes=${body.length}`,
      payload: body,
    });
    expect(answer.statusCode).toBe(413);
  });
});
