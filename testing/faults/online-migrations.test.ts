import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createDatabase } from '@pumphouse/server/store/postgres/pool.ts';
import { createEmptyTestDatabase } from '../fixtures/postgres.ts';
import {
  createUpgradeSite,
  holdRecords,
  holdRow,
  holdTable,
  oldRows,
  type OnlineKind,
  type UpgradeSite,
} from './upgrade-site.ts';
import { eventually } from '../fixtures/eventually.ts';
import {
  isLocalProcessAlive,
  listProcesses,
  selectDescendants,
} from '@pumphouse/server/platform/process-identity.ts';
import { killProcess } from '../fixtures/kill-process.ts';
import { silentLog } from '../fixtures/test-postgres.ts';
import { startEmbeddedPostgres } from '@pumphouse/server/store/postgres/embedded/embedded.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** A moment in an online migration: when it waits for a lock that the test holds. */
interface Moment {
  name: string;
  kind: OnlineKind;
  hold: string;
  /** Whether the index is valid at the moment; null if there is none. */
  isIndexValid: boolean | null;
  /** How often rows have been changed by batches that were committed before. */
  times: number[];
}

const inBatch: Moment = {
  name: 'in the middle of a batch',
  kind: 'backfill',
  hold: holdRow,
  isIndexValid: null,
  times: [0, 1],
};
const inBuild: Moment = {
  name: 'while an index is built',
  kind: 'index',
  hold: holdTable,
  isIndexValid: false,
  times: [0],
};
const moments: readonly Moment[] = [
  inBatch,
  {
    name: 'between the last batch and the record of the migration',
    kind: 'backfill',
    hold: holdRecords,
    isIndexValid: null,
    times: [1],
  },
  inBuild,
  {
    name: 'between the build of an index and its record',
    kind: 'index',
    hold: holdRecords,
    isIndexValid: true,
    times: [0],
  },
];

describe('the next server finishes an online migration whose server was killed, while rows are written', () => {
  it.each(moments)('$name', async (moment) => {
    const own = await createEmptyTestDatabase();
    closers.push(() => own.drop());
    const site = await createUpgradeSite(own, moment.kind);
    closers.push(() => site.remove());
    const writers = site.startWriters();
    const { killed, held } = await reach(site, moment);
    await killed.kill();
    // Postgres goes on with the statement of a killed server, which keeps the lock of online migrations meanwhile.
    const next = site.startServer();
    await next.awaitWord(moment.hold === holdRow ? 'started' : 'elsewhere');
    await held.release();
    await next.finish();
    await expectFinished(site, moment, await writers.stop());
  });
});

describe('it finishes the migration too if Postgres was killed with the server, as by a crash of the machine', () => {
  it.each([inBatch, inBuild])('$name', async (moment) => {
    const { url, crash } = await startPostgres();
    const database = createDatabase(url);
    closers.push(() => database.close());
    const site = await createUpgradeSite({ url, database }, moment.kind);
    closers.push(() => site.remove());
    const { killed } = await reach(site, moment);
    await Promise.all([killed.kill(), crash()]);
    const remains = await eventually('Postgres is there again', () => site.readRows());
    expect(remains.times).toEqual(moment.times);
    expect(await site.isIndexValid()).toBe(moment.isIndexValid);
    const writers = site.startWriters();
    await site.startServer().finish();
    await expectFinished(site, moment, await writers.stop());
  });
});

/** Starts a server and resolves at the moment. */
async function reach(site: UpgradeSite, moment: Moment) {
  const held = await site.hold(moment.hold);
  closers.push(held.release);
  const killed = site.startServer();
  await site.awaitWaiting(held);
  expect(await site.isIndexValid()).toBe(moment.isIndexValid);
  expect((await site.readRows()).times).toEqual(moment.times);
  expect(await site.listApplied()).toEqual([1]);
  return { killed, held };
}

async function expectFinished(
  site: UpgradeSite,
  { kind }: Moment,
  { updates, inserts }: { updates: number; inserts: number },
): Promise<void> {
  expect(await site.listApplied()).toEqual([1, 2]);
  expect(await site.isIndexValid()).toBe(kind === 'index' ? true : null);
  expect(Math.min(updates, inserts)).toBeGreaterThan(0);
  expect(await site.readRows()).toEqual({
    old: oldRows,
    added: inserts,
    size: updates,
    times: [kind === 'backfill' ? 1 : 0],
  });
}

/** Starts a Postgres of its own. After a crash it is started again. */
async function startPostgres() {
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-crash-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  // The system keeps what killed processes have written, so a commit need not wait for the disk.
  const settings = { fsync: 'off' };
  const embedded = await startEmbeddedPostgres({ dataDir: folder, log: silentLog, settings });
  closers.push(() => embedded.stop());
  const { host, port, user, database } = embedded.connection;
  return {
    url: `postgresql://${user}@localhost/${database}?host=${encodeURIComponent(host)}&port=${port}`,
    crash: async () => {
      const pidFile = await readFile(join(folder, 'postgres/data/postmaster.pid'), 'utf8');
      // The postmaster is the first: it would end the others and go on.
      const processes = selectDescendants(await listProcesses(), Number.parseInt(pidFile, 10));
      for (const { pid } of processes) killProcess(pid);
      await eventually('its processes have ended', () => !processes.some(isLocalProcessAlive));
    },
  };
}
