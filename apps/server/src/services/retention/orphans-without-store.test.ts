import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDatabase, type Database } from '../../store/postgres/pool.ts';
import { createFakeExecutor } from '../../executors/fake/fake-executor.ts';
import { createOrphanCollector } from './orphans.ts';
import { createPersistence } from '../../store/store.ts';
import { migrate } from '../../store/postgres/upgrades/migrate.ts';
import { silentLog } from '../../../../../testing/fixtures/test-postgres.ts';
import { startEmbeddedPostgres } from '../../store/postgres/embedded/embedded.ts';

let dataDir: string;
let embedded: Awaited<ReturnType<typeof startEmbeddedPostgres>>;
let database: Database;

const startPostgres = async () => startEmbeddedPostgres({ dataDir, log: silentLog, durable: false });

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pumphouse-leftovers-'));
  embedded = await startPostgres();
  await migrate(embedded.connection);
  database = createDatabase(embedded.connection, { connectTimeoutSeconds: 5 });
});
afterAll(async () => {
  await database.close();
  await embedded.stop();
  await rm(dataDir, { recursive: true, force: true });
});

it('removes nothing while its Postgres is stopped, before and during a run, and continues when it is back', async () => {
  const executor = createFakeExecutor();
  const old = new Date(Date.now() - 3_600_000);
  for (const id of ['first', 'second', 'third'])
    executor.plant({ kind: 'volume', id, owner: { kind: 'nobody' }, madeAt: old, sizeBytes: null });
  const listIds = async () => (await executor.listResources({ withSizes: false })).map(({ id }) => id);
  let goesWithFirst = true;
  const orphans = createOrphanCollector({
    persistence: createPersistence(database),
    executor: {
      ...executor,
      async removeResource(resource) {
        await executor.removeResource(resource);
        if (goesWithFirst) await embedded.stop();
        goesWithFirst = false;
      },
    },
    log: pino({ level: 'silent' }),
  });

  // Postgres stops after the first removal: the others are kept.
  const { removed, failed } = await orphans.remove();
  expect(removed.map(({ id }) => id)).toEqual(['first']);
  expect(failed.map(({ resource }) => resource.id)).toEqual(['second', 'third']);
  expect(await listIds()).toEqual(['second', 'third']);

  await expect(orphans.remove()).rejects.toThrow();
  await expect(orphans.list()).rejects.toThrow();
  expect(await listIds()).toEqual(['second', 'third']);

  embedded = await startPostgres();
  expect((await orphans.remove()).removed.map(({ id }) => id)).toEqual(['second', 'third']);
  expect(await listIds()).toEqual([]);
});
