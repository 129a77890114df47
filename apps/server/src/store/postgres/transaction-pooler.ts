import { Client, type ClientConfig } from 'pg';

const patienceMs = 10_000;

export const transactionPoolerAdvice =
  'PUMPHOUSE_DATABASE_URL leads to a pooler that works by transactions, such as PgBouncer with pool_mode=transaction. ' +
  'Pumphouse needs whole sessions, for notifications, prepared statements and locks. Give it the address of Postgres itself: ' +
  'each server keeps 21 connections at most, and reuses them.';

/**
 * Reports whether Postgres is behind a pooler that assigns any free session to each transaction, which loses
 * notifications and prepared statements. False if the address does not answer: the next connection reports
 * why.
 */
export async function isTransactionPooler(config: ClientConfig): Promise<boolean> {
  const [first, second] = [createClient(config), createClient(config)];
  try {
    await Promise.all([first.connect(), second.connect()]);
    const session = await readSession(first);
    // A pooler assigns the most recently used session, and never reassigns one with an open transaction.
    await second.query('begin');
    return (await readSession(second)) === session || (await readSession(first)) !== session;
  } catch {
    return false;
  } finally {
    await Promise.allSettled([first.end(), second.end()]);
  }
}

function createClient(config: ClientConfig): Client {
  const client = new Client({ connectionTimeoutMillis: patienceMs, query_timeout: patienceMs, ...config });
  // A connection that breaks between two queries would crash the process.
  return client.on('error', () => undefined);
}

async function readSession(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}
