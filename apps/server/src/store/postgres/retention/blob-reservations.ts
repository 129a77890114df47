import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

/** Longer than writing a blob takes. */
const reservedHours = 24;

/**
 * Marks blobs that will be written for removal after a day, so that a server that is killed leaves none behind.
 * @returns the ids of the reservations, in the order of the keys
 */
export async function reserveBlobs(sql: Queryable, keys: readonly string[]): Promise<number[]> {
  const rows = await sql.prepared<{ id: number; key: string }>(
    named(
      `insert into storage_removals (kind, target, not_before)
       select 'blob', jsonb_build_object('key', key), now() + make_interval(hours => :reservedHours)
         from unnest(:keys::text[]) as key
       returning id, target->>'key' as key`,
      { keys, reservedHours },
    ),
  );
  const ids = new Map(rows.map(({ id, key }) => [key, id]));
  return keys.map((key) => ids.get(key) ?? 0);
}

/**
 * Keeps reserved blobs, in the transaction with the rows that name them.
 * @returns false if a reservation has expired
 */
export async function keepBlobs(sql: Queryable, reservations: readonly number[]): Promise<boolean> {
  const touched = await sql.executePrepared(
    named('delete from storage_removals where id = any(:reservations::int8[]) and not_before > now()', {
      reservations,
    }),
  );
  return touched === reservations.length;
}
