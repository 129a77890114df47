import type { Database } from '@pumphouse/server/store/postgres/pool.ts';
import { setTimeout as delay } from 'node:timers/promises';

/** Clients that write rows of a table without a pause longer than a few milliseconds. */
export interface RowWriters {
  /**
   * Ends them and returns how many rows each kind of write has changed.
   * @throws Error if a write failed, or waited for seconds
   */
  stop(): Promise<{ updates: number; inserts: number }>;
}

const writerCount = 2;
const pauseMs = 5;
/** No write waits for an online migration as long as that, however slow the machine is. */
const lockTimeoutMs = 10_000;

/**
 * Starts clients that change rows and add others. Each change adds 1 to the size of a row, so that a lost one is missing in
 * the sum.
 * @param ids of the rows that are changed
 */
export function startRowWriters(database: Database, ids: readonly string[]): RowWriters {
  const stopping = new AbortController();
  const counts = { updates: 0, inserts: 0 };

  async function write(first: number): Promise<void> {
    for (let turn = first; !stopping.signal.aborted; turn += writerCount) {
      const id = ids[(turn * 37) % ids.length];
      await database.transaction((tx) => tx.execute('update loads set size = size + 1 where id = $1', [id]), {
        lockTimeoutMs,
      });
      counts.updates += 1;
      await database.execute('insert into loads values (gen_random_uuid(), 0, 0, false)');
      counts.inserts += 1;
      await delay(pauseMs);
    }
  }

  const ended = Promise.all(Array.from({ length: writerCount }, (_, index) => write(index)));
  // A failed write is reported by `stop`.
  ended.catch(() => undefined);
  return {
    async stop() {
      stopping.abort();
      await ended;
      return counts;
    },
  };
}
