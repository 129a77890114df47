import type { Client } from 'pg';
import { setTimeout as delay } from 'node:timers/promises';

// Any number works, as long as all versions of Pumphouse use the same.
const lockKeys = { start: 7_082_211, online: 7_082_212 } as const;

/** `start`: a server migrates at its start; `online`: a server applies online migrations. */
export type MigrationLock = keyof typeof lockKeys;

const pauseMs = 100;

/** Takes a lock that the end of the connection releases. Returns false if another connection has it. */
export async function tryLock(client: Client, lock: MigrationLock): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [
    lockKeys[lock],
  ]);
  return rows[0]?.taken === true;
}

/**
 * Waits for a lock that the end of the connection releases. It asks again and again: `create index concurrently` would wait
 * for a statement that waits for the lock, and that statement for the index.
 */
export async function waitForLock(client: Client, lock: MigrationLock): Promise<void> {
  while (!(await tryLock(client, lock))) await delay(pauseMs);
}

/** Releases a lock of the connection. */
export async function releaseLock(client: Client, lock: MigrationLock): Promise<void> {
  await client.query('SELECT pg_advisory_unlock($1)', [lockKeys[lock]]);
}
