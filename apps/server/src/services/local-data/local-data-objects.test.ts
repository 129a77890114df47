import type { BlobStore } from '../../blobs/blob-store.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { ChangedFile } from './commit-local-data.ts';
import type { LocalDataKey } from '../../store/records.ts';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addLargeParts, ageLocalData } from '../../store/postgres/testing/local-data.ts';
import { createLocalDataObjects } from './local-data-objects.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createWorkspaceFixture } from '../testing/workspace-fixture.ts';
import { localDataLimits } from '../../domain/local-data/local-data-limits.ts';

let fixture: ServiceFixture;
let key: LocalDataKey;
let attemptId = '';

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  key = { workspaceId: (await createWorkspaceFixture(fixture)).workspaceId, profile: 'prod' };
  attemptId = randomUUID();
});

const digestOf = (content: string) => createHash('sha256').update(content).digest('hex');
const holdNothing = async () => undefined;

function file(path: string, content: string, more: Partial<ChangedFile> = {}): ChangedFile {
  const part = { offset: 0, sizeBytes: Buffer.byteLength(content), sha256: digestOf(content) };
  return {
    path,
    mode: 0o644,
    sizeBytes: part.sizeBytes,
    changedNs: '1795950000123456789',
    linkTarget: null,
    databasePath: null,
    parts: content === '' ? [] : [part],
    ...more,
  };
}

const store = (...contents: string[]) =>
  fixture.localDataObjects.storeParts(
    key,
    attemptId,
    contents.map((content) => Buffer.from(content)),
  );

const commit = (changed: ChangedFile[], { base = 0, removed = [] as string[] } = {}) =>
  fixture.localDataObjects.commit(key, { baseVersion: base, changed, removed }, holdNothing);

async function write(files: Record<string, string>, options: { base?: number; removed?: string[] } = {}) {
  const entries = Object.entries(files);
  if (entries.length > 0) await store(...entries.map(([, content]) => content));
  return commit(
    entries.map(([path, content]) => file(path, content)),
    options,
  );
}

/** A database of the run: changes of others are not overwritten. */
const database = (path: string, content: string) => file(path, content, { databasePath: path });

async function read({ isCopy = false, at = null as number | null } = {}): Promise<Record<string, string>> {
  const { files } = await fixture.localDataObjects.list(key, { isCopy, after: '', at });
  const contents: [string, string][] = [];
  for (const { path, parts } of files) {
    const ids = parts.map(([, id]) => id);
    const content = ids.length === 0 ? '' : await readParts(ids);
    contents.push([path, content]);
  }
  return Object.fromEntries(contents);
}

const readParts = async (ids: number[]) =>
  (await buffer(await fixture.localDataObjects.openParts(key, ids))).toString();

async function takeSnapshot(only: string | null) {
  const { version } = await fixture.localDataObjects.measure(key);
  await fixture.localDataObjects.takeSnapshot(key, { version, only });
}

const listBlobs = async () => {
  const found = [];
  for await (const { key: name } of fixture.blobs.list(`local-data/${key.workspaceId}/`)) found.push(name);
  return found;
};

const refusal = (code: string, extra?: unknown) =>
  expect.objectContaining(extra === undefined ? { code } : { code, extra }) as Error;

describe('local data as objects', () => {
  it('is what the last commits left, with contents of any number of parts', async () => {
    await store('one', 'two', 'wo');
    const parts = ['one', 'two', 'one'].map((content, index) => ({
      offset: index * 10,
      sizeBytes: 3,
      sha256: digestOf(content),
    }));
    const holed = file('deep/er/holed', '', { sizeBytes: 1000, parts });
    const link = file('link', '', { linkTarget: '/etc/passwd' });
    expect(await commit([holed, link, file('empty', '')])).toEqual({ version: 1 });
    expect(await read()).toEqual({ 'deep/er/holed': 'onetwoone', empty: '', link: '' });
    const { version, files, hasMore } = await fixture.localDataObjects.list(key, {
      isCopy: false,
      after: 'empty',
      at: null,
    });
    expect({ version, hasMore }).toEqual({ version: 1, hasMore: false });
    expect(files).toEqual([
      {
        path: 'link',
        mode: 0o644,
        sizeBytes: 0,
        changedNs: '1795950000123456789',
        linkTarget: '/etc/passwd',
        databasePath: null,
        parts: [],
      },
    ]);
    await write({ 'deep/other': 'x' }, { base: 1, removed: ['empty', 'never there'] });
    expect(Object.keys(await read())).toEqual(['deep/er/holed', 'deep/other', 'link']);
    expect(Object.keys(await read({ at: 1 }))).toEqual(['deep/er/holed', 'empty', 'link']);
  });

  it('asks for contents that are not stored, and stores equal contents once', async () => {
    await store('known');
    await expect(commit([file('a', 'known'), file('b', 'unknown')])).rejects.toEqual(
      refusal('local_data_parts_missing', { sha256: [digestOf('unknown')] }),
    );
    expect(await read()).toEqual({});
    expect(await store('unknown', 'unknown', 'known')).toEqual([
      digestOf('unknown'),
      digestOf('unknown'),
      digestOf('known'),
    ]);
    await commit([file('a', 'known'), file('b', 'unknown'), file('c', 'unknown')]);
    expect(await read()).toEqual({ a: 'known', b: 'unknown', c: 'unknown' });
    const [a, b, c] = (await fixture.localDataObjects.list(key, { isCopy: false, after: '', at: null }))
      .files;
    expect(b?.parts).toEqual(c?.parts);
    expect(a?.parts).not.toEqual(b?.parts);
  });

  it('is not changed by a commit that is repeated, because its answer was lost', async () => {
    const changed = [database('rows.duckdb', 'rows'), file('state', 'state')];
    await store('rows', 'state', 'gone');
    await commit([file('gone', 'gone')]);
    const once = await commit(changed, { base: 1, removed: ['gone'] });
    expect(await commit(changed, { base: 1, removed: ['gone'] })).toEqual(once);
    expect(once).toEqual({ version: 2 });
  });

  it('keeps the former version if a commit fails in the middle', async () => {
    await write({ a: 'old', b: 'old too' });
    await store('new');
    const failing = fixture.localDataObjects.commit(
      key,
      { baseVersion: 1, changed: [file('a', 'new')], removed: ['b'] },
      async () => Promise.reject(new Error('The attempt is closed.')),
    );
    await expect(failing).rejects.toThrow('closed');
    const tooMany = Array.from({ length: localDataLimits.files }, (_, n) => file(`many/${n}`, 'new'));
    await expect(commit(tooMany, { base: 1, removed: ['b'] })).rejects.toEqual(
      refusal('local_data_too_large'),
    );
    expect(await read()).toEqual({ a: 'old', b: 'old too' });
  });

  it('has the later commit of each file that is no database', async () => {
    await write({ a: '0', b: '0', c: '0' });
    await write({ a: 'of run 1', c: 'of run 1' }, { base: 1 });
    await write({ a: 'of run 2', b: 'of run 2' }, { base: 1, removed: ['c'] });
    expect(await read()).toEqual({ a: 'of run 2', b: 'of run 2' });
  });

  it('never loses what another run has written to a database', async () => {
    await store('v0', 'v1', 'v2', 'wal');
    const name = 'dir/rows.duckdb';
    await commit([database(name, 'v0'), file('other', 'v0')]);
    await commit([database(name, 'v1')], { base: 1 });
    const lost = refusal('local_data_conflict', { path: name });
    await expect(commit([database(name, 'v2'), file('other', 'v2')], { base: 1 })).rejects.toEqual(lost);
    await expect(commit([], { base: 1, removed: [name] })).rejects.toEqual(lost);
    // Its log alone would be applied to the file of the other run.
    const log = file(`${name}.wal`, 'wal', { databasePath: name });
    await expect(commit([log], { base: 1 })).rejects.toEqual(lost);
    await expect(commit([file(name, 'v2')], { base: 1 })).rejects.toEqual(lost);
    await expect(commit([file(`${name}/x`, 'v2')], { base: 1 })).rejects.toEqual(lost);
    await expect(commit([file('dir', 'v2')], { base: 1 })).rejects.toEqual(lost);
    expect(await read()).toEqual({ [name]: 'v1', other: 'v0' });
    await commit([log], { base: 2 });
    await expect(commit([database(name, 'v2')], { base: 2 })).rejects.toEqual(
      refusal('local_data_conflict', { path: `${name}.wal` }),
    );
    await commit([database(name, 'v2')], { base: 3, removed: [`${name}.wal`] });
    expect(await read()).toEqual({ [name]: 'v2', other: 'v0' });
    // Both create it.
    await expect(commit([database('new.duckdb', 'v1')], { base: 4 })).resolves.toEqual({ version: 5 });
    await expect(commit([database('new.duckdb', 'v2')], { base: 4 })).rejects.toEqual(
      refusal('local_data_conflict'),
    );
  });

  it('serializes commits', async () => {
    const names = Array.from({ length: 8 }, (_, n) => `file-${n}`);
    await store(...names);
    const versions = await Promise.all(names.map((name) => commit([file(name, name)])));
    expect(new Set(versions.map(({ version }) => version))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8]));
    expect(Object.keys(await read())).toEqual(names);
  });

  it.each([
    '/etc/passwd',
    '../other',
    'a/../../b',
    'a/./b',
    'a//b',
    'a/',
    '.',
    '..',
    'a\0b',
    'x'.repeat(1025),
    'deep/'.repeat(100) + 'x',
    '\ud800',
  ])('rejects the path %j', async (path) => {
    await store('x');
    await expect(commit([file(path, 'x')])).rejects.toEqual(refusal('invalid_request'));
    await expect(commit([], { removed: [path] })).rejects.toEqual(refusal('invalid_request'));
    await expect(commit([file('ok', 'x', { databasePath: path })])).rejects.toEqual(
      refusal('invalid_request'),
    );
  });

  it('rejects files that contradict themselves', async () => {
    await store('x', 'content');
    const part = { offset: 0, sizeBytes: 1, sha256: digestOf('x') };
    for (const changed of [
      [file('a', 'x'), file('a', 'x')],
      [file('a', 'x'), file('a/b', 'x')],
      [file('a', 'x', { linkTarget: '/etc' })],
      [file('a', 'x', { sizeBytes: 0 })],
      [file('a', '', { sizeBytes: 9, parts: [part, part] })],
      [file('a', '', { sizeBytes: 9, parts: [{ ...part, sha256: digestOf('content') }] })],
    ])
      await expect(commit(changed)).rejects.toEqual(refusal('invalid_request'));
    await expect(commit([file('a', 'x')], { removed: ['a'] })).rejects.toEqual(refusal('invalid_request'));
    expect(await read()).toEqual({});
  });

  it('belongs to its workspace and profile', async () => {
    const { version } = await write({ a: 'mine' });
    const { files } = await fixture.localDataObjects.list(key, { isCopy: false, after: '', at: version });
    const [, id = 0] = files[0]?.parts[0] ?? [];
    const other = { ...key, profile: 'dev' };
    await expect(fixture.localDataObjects.openParts(other, [id])).rejects.toEqual(refusal('not_found'));
    const stolen = { baseVersion: 0, changed: [file('a', 'mine')], removed: [] };
    await expect(fixture.localDataObjects.commit(other, stolen, holdNothing)).rejects.toEqual(
      refusal('local_data_parts_missing'),
    );
  });

  it('limits what one attempt uploads', async () => {
    await store('first');
    await addLargeParts(fixture.database, { ...key, attemptId, count: 43 });
    await expect(store('another')).rejects.toEqual(refusal('local_data_too_large'));
    attemptId = randomUUID();
    await store('of another attempt');
  });
});

describe('a copy of local data', () => {
  it('has the snapshot, whatever is committed later', async () => {
    expect(await read({ isCopy: true })).toEqual({});
    await write({ 'kept/a': '1', b: '1' });
    expect(await read({ isCopy: true })).toEqual({});
    await takeSnapshot(null);
    await write({ b: '2' }, { base: 1, removed: ['kept/a'] });
    expect(await read({ isCopy: true })).toEqual({ 'kept/a': '1', b: '1' });
    expect(await fixture.localDataObjects.readSnapshotVersion(key)).toBe(1);
    await takeSnapshot(null);
    expect(await read({ isCopy: true })).toEqual({ b: '2' });
  });

  it('can be a part', async () => {
    await write({ 'kept/a': '1', kept2: '1', b: '1' });
    await takeSnapshot('kept');
    expect(await read({ isCopy: true })).toEqual({ 'kept/a': '1' });
    await takeSnapshot('missing');
    expect(await read({ isCopy: true })).toEqual({});
  });
});

describe('contents that no version uses', () => {
  const sweep = () =>
    fixture.retention.purge({ kinds: [], limits: fixture.settings.readRetention(), dryRun: false });

  it('are removed after a while, those of the snapshot are not', async () => {
    await write({ a: 'first', b: 'kept' });
    await takeSnapshot(null);
    await write({ a: 'second' }, { base: 1 });
    await write({ a: 'third' }, { base: 2 });
    await store('never used');
    await sweep();
    expect(await listBlobs()).toHaveLength(5);
    await ageLocalData(fixture.database, key.workspaceId, 3);
    await sweep();
    expect(await listBlobs()).toHaveLength(3);
    expect(await read({ isCopy: true })).toEqual({ a: 'first', b: 'kept' });
    expect(await read()).toEqual({ a: 'third', b: 'kept' });
    await takeSnapshot(null);
    await ageLocalData(fixture.database, key.workspaceId, 3);
    await sweep();
    expect(await read({ isCopy: true })).toEqual({ a: 'third', b: 'kept' });
    await write({ a: 'first' }, { base: 3 });
    expect(await read()).toEqual({ a: 'first', b: 'kept' });
  });

  it('are removed if the server was killed before it stored their rows', async () => {
    const content = randomBytes(20).toString('hex');
    const blobs: BlobStore = {
      ...fixture.blobs,
      async put(...stored) {
        await fixture.blobs.put(...stored);
        throw new Error('killed');
      },
    };
    const { persistence } = fixture;
    const killed = createLocalDataObjects({ persistence, blobs });
    await expect(killed.storeParts(key, attemptId, [Buffer.from(content)])).rejects.toThrow('killed');
    expect(await listBlobs()).toHaveLength(1);
    await fixture.database.execute(`update storage_removals set not_before = now() - interval '1 second'`);
    await sweep();
    expect(await listBlobs()).toEqual([]);
  });
});
