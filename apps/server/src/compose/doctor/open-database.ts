import type { Config } from '../../config/config.ts';
import type { DoctorContext } from './doctor-context.ts';
import type { Finding } from '../../domain/doctor/check-result.ts';
import { createDatabase, sqlState, type DatabaseConnection } from '../../store/postgres/pool.ts';
import { createPersistence } from '../../store/store.ts';
import { explainDatabaseError } from '../../domain/doctor/explain-database-error.ts';
import { findEmbeddedPostgres } from '../../store/postgres/embedded/embedded.ts';
import { isTransactionPooler, transactionPoolerAdvice } from '../../store/postgres/transaction-pooler.ts';
import { problem, skipped } from '../../domain/doctor/check-result.ts';

/** Shorter than the limit of a check. A query then waits for a Postgres that starts as long as for a slow one. */
const connectTimeoutSeconds = 4;

interface OpenedDatabase {
  database: DoctorContext['database'];
  close(): Promise<void>;
}

/**
 * Opens the database of the settings as it is: nothing is started, created or migrated. Returns a finding if
 * it cannot be read.
 */
export async function openDatabaseAsIs({ databaseUrl, dataDir }: Config): Promise<OpenedDatabase> {
  if (databaseUrl !== null) return openExternal(databaseUrl);
  return openEmbedded(dataDir);
}

async function openEmbedded(dataDir: string): Promise<OpenedDatabase> {
  const explain = (error: unknown): Finding =>
    problem(
      `The embedded database cannot be read: ${messageOf(error)}.`,
      'Run this as the user of the server, or as root.',
    );
  try {
    const embedded = await findEmbeddedPostgres(dataDir);
    if (embedded === null)
      return closed(skipped('The embedded database does not run: it starts with the server.'));
    const opened = await open(embedded.connection, explain);
    return {
      ...opened,
      async close() {
        await opened.close();
        await embedded.close();
      },
    };
  } catch (error) {
    return closed(explain(error));
  }
}

async function openExternal(databaseUrl: string): Promise<OpenedDatabase> {
  const explain = (error: unknown): Finding => {
    const code = sqlState(error) ?? (error instanceof Error && 'code' in error ? String(error.code) : '');
    const explained = explainDatabaseError(code, databaseUrl);
    return explained
      ? problem(explained.happened, explained.nextStep)
      : problem(`The database cannot be used: ${messageOf(error)}.`, 'Check PUMPHOUSE_DATABASE_URL.');
  };
  try {
    const isPooler = await isTransactionPooler(
      { connectionString: databaseUrl },
      connectTimeoutSeconds * 1000,
    );
    if (isPooler)
      return closed(problem(transactionPoolerAdvice, 'Set PUMPHOUSE_DATABASE_URL to Postgres itself.'));
  } catch (error) {
    return closed(explain(error));
  }
  return open(databaseUrl, explain);
}

async function open(
  connection: DatabaseConnection,
  explain: (error: unknown) => Finding,
): Promise<OpenedDatabase> {
  const database = createDatabase(connection, { maxConnections: 3, connectTimeoutSeconds });
  try {
    await database.query('select 1');
  } catch (error) {
    await database.close();
    return closed(explain(error));
  }
  return { database: createPersistence(database), close: () => database.close() };
}

function closed(database: Finding): OpenedDatabase {
  return { database, close: async () => undefined };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
}
