import { Client, type ClientConfig } from 'pg';
import { connectPatiently } from './connect-patiently.ts';

const defaultPatienceMs = 10_000;

export const transactionPoolerAdvice =
  'PUMPHOUSE_DATABASE_URL leads to a pooler that works by transactions, such as PgBouncer with pool_mode=transaction. ' +
  'Pumphouse needs whole sessions, for notifications, prepared statements and locks. Give it the address of Postgres itself: ' +
  'each server keeps 21 connections at most, and reuses them.';

/**
 * Whether a pooler stands before Postgres that gives each transaction whichever session is free. Notifications and prepared statements get
 * lost there. Waits for a Postgres that is still starting. Rejects when it cannot tell: a server that went on could not see the pooler.
 */
export async function isTransactionPooler(
  config: ClientConfig,
  patienceMs = defaultPatienceMs,
): Promise<boolean> {
  const first = await connect(config, patienceMs);
  try {
    const second = await connect(config, patienceMs);
    try {
      const session = await readSession(first);
      // A pooler hands out the session that was used last, and takes it away from nobody while a transaction is open in it.
      await second.query('begin');
      return (await readSession(second)) === session || (await readSession(first)) !== session;
    } finally {
      await second.end().catch(() => undefined);
    }
  } finally {
    await first.end().catch(() => undefined);
  }
}

async function connect(config: ClientConfig, patienceMs: number): Promise<Client> {
  return connectPatiently(async () => {
    const client = new Client({ connectionTimeoutMillis: patienceMs, query_timeout: patienceMs, ...config });
    // A connection that breaks between two queries would end the process.
    client.on('error', () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
  }, patienceMs);
}

async function readSession(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}
