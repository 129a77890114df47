import { Client } from 'pg';
import { clientConfig, type DatabaseConnection } from '../pool.ts';
import { setTimeout as delay } from 'node:timers/promises';

/** A session that another one waits for. */
export interface LockHolder {
  /** 0 for a prepared transaction, which has no session. */
  pid: number;
  application: string | null;
  user: string | null;
  /** Age of its transaction; null if this user may not see it. */
  seconds: number | null;
}

/** Looks at who holds the locks that a session waits for. */
export interface LockWatch {
  /** Returns those who were found last; empty if the session has never waited long enough to look. */
  readHolders(): LockHolder[];
  stop(): Promise<void>;
}

/** Shorter than the time that a statement waits for a lock, so that a waiting one is seen. */
const intervalMs = 150;

/** Watches the locks that the session `pid` waits for, over a connection that it opens when it first looks. */
export function watchLocks(connection: DatabaseConnection, pid: number): LockWatch {
  const stopping = new AbortController();
  let holders: LockHolder[] = [];

  async function watch(): Promise<void> {
    const pause = () => delay(intervalMs, undefined, { signal: stopping.signal });
    await pause();
    const client = new Client(clientConfig(connection));
    client.on('error', () => undefined);
    await client.connect();
    try {
      for (;;) {
        const found = await readLockHolders(client, pid);
        if (found.length > 0) holders = found;
        await pause();
      }
    } finally {
      await client.end();
    }
  }

  // A watch that fails, or is stopped, only leaves the holders unknown.
  const watching = watch().catch(() => undefined);
  return {
    readHolders: () => holders,
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}

async function readLockHolders(client: Client, pid: number): Promise<LockHolder[]> {
  const { rows } = await client.query<LockHolder>(
    `SELECT DISTINCT blocking.pid, nullif(application_name, '') AS application, usename AS "user",
            extract(epoch FROM now() - xact_start)::int AS seconds
       FROM unnest(pg_blocking_pids($1)) AS blocking (pid) LEFT JOIN pg_stat_activity USING (pid)
      ORDER BY seconds DESC NULLS LAST`,
    [pid],
  );
  return rows;
}

/** Describes the holders of a lock, and how to end them. */
export function describeHolders(holders: readonly LockHolder[]): string {
  const [first] = holders;
  if (first === undefined) return 'Another transaction holds the lock.';
  const named = holders.map(describeHolder).join('; ');
  const next =
    first.pid === 0
      ? 'End the prepared transaction (select * from pg_prepared_xacts)'
      : `Wait for its end, or end it (select pg_terminate_backend(${first.pid}))`;
  return `The lock is held by ${named}. ${next}, then start the server again.`;
}

function describeHolder({ pid, application, user, seconds }: LockHolder): string {
  if (pid === 0) return 'a prepared transaction';
  const age = seconds === null ? '' : `, in a transaction for ${seconds} s`;
  return `pid ${pid} (${application ?? 'no application name'}, user ${user ?? 'unknown'}${age})`;
}
