import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

/** Longer than writing an object takes. */
const reservedHours = 24;

/**
 * Objects without a row that names them: before an object is written, its key is listed for removal a day ahead.
 * So the object of a killed server is removed (docs/decisions/0074-blobs-and-logs-in-s3.md).
 */
export function createReservedObjects(sql: Queryable) {
  return {
    /** @returns the reservations, in the order of the keys */
    async reserve(keys: readonly string[]): Promise<number[]> {
      const rows = await sql.query<{ id: number; key: string }>(
        named(
          `insert into storage_removals (kind, target, not_before)
           select 'blob', jsonb_build_object('key', key), now() + make_interval(hours => :reservedHours)
             from unnest(:keys::text[]) as key
           returning id, target->>'key' as key`,
          { keys, reservedHours },
        ),
      );
      const ids = new Map(rows.map(({ key, id }) => [key, id]));
      return keys.map((key) => ids.get(key) ?? 0);
    },

    /** Ends reservations in the transaction that names the objects; false if one has expired. */
    async keep(reservations: readonly number[]): Promise<boolean> {
      const touched = await sql.execute(
        named('delete from storage_removals where id = any(:reservations) and not_before > now()', {
          reservations,
        }),
      );
      return touched === reservations.length;
    },

    /** Lists objects that no row names any more for removal. */
    discard: (keys: readonly string[]) =>
      sql.execute(
        named(
          `insert into storage_removals (kind, target)
           select 'blob', jsonb_build_object('key', key) from unnest(:keys::text[]) as key`,
          { keys },
        ),
      ),
  };
}
