import type { Config } from '../config/config.ts';
import type { Instruments } from '../platform/instruments.ts';
import type { Logger } from 'pino';
import { mkdir } from 'node:fs/promises';
import { createDatabase, type DatabaseConnection } from '../store/postgres/pool.ts';
import { createPersistence, type Persistence } from '../store/store.ts';
import {
  createOnlineMigrations,
  type OnlineMigrations,
} from '../store/postgres/upgrades/online-migrations.ts';
import { migrate } from '../store/postgres/upgrades/migrate.ts';
import { isTransactionPooler, transactionPoolerAdvice } from '../store/postgres/transaction-pooler.ts';
import { requireFinishedRestore } from '../store/postgres/backups/restore-target.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { startEmbeddedPostgres } from '../store/postgres/embedded/embedded.ts';

const poolConnections = 20;
/** What a server takes at most: its pool, and one for notifications. */
export const serverConnections = poolConnections + 1;

export interface OpenedStore {
  persistence: Persistence;
  connection: DatabaseConnection;
  onlineMigrations: OnlineMigrations;
  close(): Promise<void>;
}

/**
 * Opens and migrates the database of a data folder or an external database, for the server and for `admin`
 * commands.
 * @throws Error if a transaction pooler is in between, or a restore is not finished
 */
export async function openStore(
  config: Config,
  log: Logger,
  instruments?: Instruments,
): Promise<OpenedStore> {
  await mkdir(config.dataDir, { recursive: true, mode: 0o711 });
  if (config.databaseUrl && (await isTransactionPooler({ connectionString: config.databaseUrl })))
    throw new Error(transactionPoolerAdvice);
  const embedded = config.databaseUrl ? null : await startEmbeddedPostgres({ dataDir: config.dataDir, log });
  const connection = config.databaseUrl ?? embedded?.connection;
  if (!connection) throw new Error('There is no database to connect to');
  const database = createDatabase(connection, {
    maxConnections: poolConnections,
    idleTransactionTimeoutSeconds: hangSeconds(config),
    onConnectionError: (error) => log.warn({ err: error }, 'a database connection was lost'),
    ...(instruments && { instruments }),
  });
  try {
    await requireFinishedRestore(database);
    const applied = await migrate(connection, { log });
    if (applied.length > 0) log.info({ applied }, 'the schema was migrated');
  } catch (error) {
    await database.close();
    await embedded?.stop();
    throw error;
  }
  return {
    persistence: createPersistence(database),
    connection,
    onlineMigrations: createOnlineMigrations(connection, { log }),
    async close() {
      // A transaction that does not end must not keep Postgres running, which ends it.
      await Promise.race([database.close(), delay(maxCloseMs, undefined, { ref: false })]);
      await embedded?.stop();
    },
  };
}

const maxCloseMs = 2000;

/** Time after which resources held by a suspended server (transaction locks, events) are released. */
export function hangSeconds(config: Config): number {
  return 4 * config.leaseSeconds;
}
