import type { BlobStore } from '../../blobs/blob-store.ts';
import type { LogFiles } from '../../blobs/logs/log-files.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { caseCount, propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import { createChunkedLogFiles, sealedLogKey } from '../../blobs/logs/chunked-log.ts';
import { createFolderBlobStore } from '../../blobs/folder-blob-store.ts';
import { createLogFiles } from '../../blobs/logs/log-file.ts';
import { createPersistence, type Persistence } from '../../store/store.ts';
import { createTestDatabase, type TestDatabase } from '../../../../../testing/fixtures/postgres.ts';
import { eventually } from '../../../../../testing/fixtures/eventually.ts';
import { LogTooShortError } from '../../blobs/logs/log-files.ts';

let folder: string;
let testDatabase: TestDatabase;
let persistence: Persistence;
let blobs: BlobStore;
let logs: LogFiles;
let id: string;
/** Called before each put; it may throw. */
let beforePut: (() => Promise<void>) | null = null;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-chunks-'));
  testDatabase = await createTestDatabase();
  persistence = createPersistence(testDatabase.database);
  const plain = createFolderBlobStore(join(folder, 'blobs'));
  blobs = {
    ...plain,
    async put(key, content) {
      await beforePut?.();
      return plain.put(key, content);
    },
  };
  logs = createChunkedLogFiles({ blobs, database: persistence });
});
afterAll(async () => {
  await testDatabase.drop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  id = randomUUID();
  beforePut = null;
});

const rows = () => persistence.store.logChunks;
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => `{"line_num":${from + n},"content":"${'x'.repeat(n % 50)}"}\n`);

/** Tracks the length of a log like the store, with the lines themselves. */
function createAccount() {
  const lines: string[] = [];
  const bytes = () => Buffer.byteLength(lines.join(''));
  const append = (added: string[]) => ({
    expectedBytes: bytes(),
    firstLine: lines.length,
    data: Buffer.from(added.join('')),
  });
  return {
    lines,
    bytes,
    async commit(added: string[]) {
      await persistence.transaction((tx) => logs.append(id, append(added), tx.logChunks));
      lines.push(...added);
    },
    /** Like a server that dies before its transaction commits. */
    async lose(added: string[]) {
      const losing = persistence.transaction(async (tx) => {
        await logs.append(id, append(added), tx.logChunks);
        throw new Error('crash');
      });
      await expect(losing).rejects.toThrow('crash');
    },
    async seal() {
      await logs.prepareSeal(id);
      return logs.seal(id, { toBytes: bytes() }, rows());
    },
  };
}

async function readFrom(fromLine: number, toBytes?: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of logs.read(id, { fromLine, ...(toBytes === undefined ? {} : { toBytes }) }))
    pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const objectsOf = async () => (await Array.fromAsync(blobs.list('logs/'))).map(({ key }) => key).toSorted();
const ownObjects = async () => (await objectsOf()).filter((key) => key.includes(id));
const chunkCount = async () => (await rows().describe(id, 0)).length;

describe('a log in rows and objects', () => {
  test('is read from any line, up to a byte', async () => {
    const account = createAccount();
    await account.commit(numbered(0, 3));
    await account.commit(numbered(3, 5));
    expect(await readFrom(0)).toBe(account.lines.join(''));
    expect(await readFrom(4)).toBe(account.lines[4]);
    expect(await readFrom(5)).toBe('');
    const three = Buffer.byteLength(account.lines.slice(0, 3).join(''));
    expect(await readFrom(1, three)).toBe(account.lines.slice(1, 3).join(''));
    expect(await ownObjects()).toEqual([]);
  });

  test('never contains lines whose transaction did not commit', async () => {
    const account = createAccount();
    await account.commit(numbered(0, 3));
    await account.lose(numbered(3, 4000));
    await account.commit(['{"line_num":3}\n']);
    expect(await readFrom(0)).toBe(account.lines.join(''));
  });

  test('rejects lines that do not follow the last ones', async () => {
    const account = createAccount();
    await account.commit(numbered(0, 3));
    const data = Buffer.from('late\n');
    for (const expectedBytes of [0, account.bytes() + 1]) {
      const late = logs.append(id, { expectedBytes, firstLine: 3, data }, rows());
      await expect(late).rejects.toThrow(LogTooShortError);
    }
    const cut = logs.append(
      id,
      { expectedBytes: account.bytes(), firstLine: 3, data: Buffer.from('x') },
      rows(),
    );
    await expect(cut).rejects.toThrow('whole lines');
    expect(await readFrom(0)).toBe(account.lines.join(''));
  });

  test('moves its rows to an object each time it has grown by a megabyte', async () => {
    const account = createAccount();
    const large = 'y'.repeat(60_000);
    for (let part = 0; part < 40; part += 1) await account.commit([`${part} ${large}\n`]);
    await eventually('the rows are moved twice', async () => (await chunkCount()) < 10);
    expect((await ownObjects()).length).toBeGreaterThan(0);
    expect(await readFrom(0)).toBe(account.lines.join(''));
    expect(await readFrom(33)).toBe(account.lines.slice(33).join(''));
    const end = await logs.readEnd(id, { toBytes: account.bytes(), atMostBytes: 130_000 });
    expect(Buffer.from(end).toString()).toBe(account.lines.slice(-2).join(''));
    // Follows all moves, so that none calls what the next test puts in the place of `beforePut`.
    await account.seal();
  });

  test('keeps its rows while objects cannot be written, and moves them later', async () => {
    const account = createAccount();
    let failures = 0;
    beforePut = async () => {
      failures += 1;
      throw new Error('The store is away');
    };
    const large = 'y'.repeat(100_000);
    for (let part = 0; part < 15; part += 1) await account.commit([`${part} ${large}\n`]);
    await eventually('an object could not be written', () => failures > 0);
    expect(await chunkCount()).toBe(15);
    await expect(account.seal()).rejects.toThrow('away');
    expect(await readFrom(3)).toBe(account.lines.slice(3).join(''));
    beforePut = null;
    expect(await account.seal()).toMatchObject({ storedBytes: expect.any(Number) as number });
    expect(await chunkCount()).toBe(1);
    expect(await readFrom(3)).toBe(account.lines.slice(3).join(''));
  });

  test('is moved once if two servers do it', async () => {
    const account = createAccount();
    await account.commit(numbered(0, 10));
    await account.commit(numbered(10, 20));
    const other = createChunkedLogFiles({ blobs, database: persistence });
    const met = Promise.withResolvers<void>();
    let arrived = 0;
    beforePut = async () => {
      arrived += 1;
      if (arrived === 2) met.resolve();
      await met.promise;
    };
    const outcomes = await Promise.allSettled([logs.prepareSeal(id), other.prepareSeal(id)]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await chunkCount()).toBe(1);
    expect(await readFrom(0)).toBe(account.lines.join(''));
  });

  test('is sealed as one object, which includes lines that were added meanwhile', async () => {
    const account = createAccount();
    await account.commit(numbered(0, 3000));
    await account.commit(numbered(3000, 5500));
    await logs.prepareSeal(id);
    await account.commit(['{"late":true}\n']);
    expect(await logs.seal(id, { toBytes: account.bytes() }, rows())).toBeNull();
    const sealed = await account.seal();
    const named = (await rows().describe(id, 0)).map(({ objectKey }) => objectKey);
    expect(named).toHaveLength(1);
    expect(await blobs.stat(named[0] ?? '')).toMatchObject({ sizeBytes: sealed?.storedBytes });
    expect(await readFrom(0)).toBe(account.lines.join(''));
    expect(await readFrom(5400)).toBe(account.lines.slice(5400).join(''));
    await expect(logs.seal(id, { toBytes: account.bytes() + 1 }, rows())).rejects.toThrow(LogTooShortError);
  });

  test('without a line stays without an object', async () => {
    expect(await createAccount().seal()).toEqual({ storedBytes: null });
    expect(await readFrom(0)).toBe('');
    await logs.delete(id);
  });

  test('is read to its end while it is moved and its former objects are removed', async () => {
    const account = createAccount();
    for (let part = 0; part < 3; part += 1) {
      await account.commit(numbered(part * 20_000, (part + 1) * 20_000));
      await logs.prepareSeal(id);
    }
    await account.commit(numbered(60_000, 60_010));
    const former = await ownObjects();
    const pieces: Uint8Array[] = [];
    for await (const piece of logs.read(id, { fromLine: 0 })) {
      if (pieces.length === 0) {
        await logs.prepareSeal(id);
        for (const key of former) await blobs.delete(key);
      }
      pieces.push(piece);
    }
    expect(Buffer.concat(pieces).toString()).toBe(account.lines.join(''));
  });

  test('is deleted with its objects and rows', async () => {
    const account = createAccount();
    await account.commit(numbered(0, 10));
    await account.seal();
    await account.commit(numbered(10, 11));
    await logs.delete(id);
    await logs.delete(id);
    expect([await chunkCount(), await readFrom(0)]).toEqual([0, '']);
  });

  test('that was copied from a folder is read from there', async () => {
    const files = createLogFiles(join(folder, 'blobs', 'logs'));
    const lines = numbered(0, 2500);
    await files.append(id, { expectedBytes: 0, firstLine: 0, data: Buffer.from(lines.join('')) });
    await files.seal(id);
    expect(await blobs.stat(sealedLogKey(id))).toBeDefined();
    expect(await readFrom(2400)).toBe(lines.slice(2400).join(''));
    expect(await logs.holds(id, 10)).toBe(true);
    await logs.delete(id);
    expect(await readFrom(0)).toBe('');
  });
});

describe('objects that no row names', () => {
  test('are removed after a day, and former ones at once', async () => {
    const account = createAccount();
    await account.commit(numbered(0, 10));
    await logs.prepareSeal(id);
    await account.commit(numbered(10, 20));
    const former = await ownObjects();
    beforePut = async () => {
      throw new Error('killed');
    };
    await expect(logs.prepareSeal(id)).rejects.toThrow('killed');
    beforePut = null;
    await account.seal();
    const removals = await persistence.store.storage.listRemovals(null, 0, 1000);
    const keys = removals.flatMap((removal) => (removal.kind === 'blob' ? [removal.target.key] : []));
    expect(keys.filter((key) => key.includes(id))).toEqual(former);
    const waiting = await testDatabase.database.query<{ due: boolean }>({
      text: `select not_before > now() + interval '23 hours' as due from storage_removals
              where not_before is not null and target->>'key' like $1`,
      values: [`%${id}%`],
    });
    expect(waiting).toEqual([{ due: true }]);
  });
});

test('exactly the committed lines are read from any line, at any time', async () => {
  const line = fc
    .tuple(fc.constantFrom(0, 1, 80, 5000, 70_000), fc.constantFrom('x', 'é'))
    .map(([length, char]) => `${char.repeat(length)}\n`);
  const lines = fc.array(line, { minLength: 1, maxLength: 20 });
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('commit' as const), lines }) },
    fc.record({ kind: fc.constant('lose' as const), lines }),
    fc.record({ kind: fc.constant('pack' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 12 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (steps, part) => {
        id = randomUUID();
        const account = createAccount();
        for (const now of steps) {
          if (now.kind === 'commit') await account.commit(now.lines);
          else if (now.kind === 'lose') await account.lose(now.lines);
          else await logs.prepareSeal(id);
        }
        const fromLine = Math.floor(account.lines.length * part);
        const expected = account.lines.slice(fromLine).join('');
        expect(await readFrom(fromLine, account.bytes())).toBe(expected);
        await account.seal();
        expect(await readFrom(fromLine)).toBe(expected);
      },
    ),
    { seed: propertySeed, numRuns: caseCount(40) },
  );
});
