import type { AfterItem, StoredItem, StoredTotals } from './stored-item.ts';
import type { Queryable } from '../pool.ts';
import { belongsToLastRun } from './storage-logs.ts';
import { named } from '../statements/named.ts';

/**
 * The conditions must match those of two indexes word for word: otherwise a sum over a million bodies would
 * read the table.
 */
const kinds = {
  traces: {
    condition: "kind = 'trace' and ingested_at is not null and problem is null",
    isNeeded: belongsToLastRun,
  },
  beacons: {
    condition: "(kind <> 'trace' or ingested_at is null or problem is not null)",
    // A body that was not ingested for this long never will be: its blob is missing, or that of an earlier
    // one.
    isNeeded: `(beacon_bodies.ingested_at is null and beacon_bodies.received_at > now() - interval '30 days')`,
  },
};

/** Retention of the raw bodies of dlt's beacon. An id is `<attempt>/<number>`. */
export function createStoredBodies(sql: Queryable, name: keyof typeof kinds) {
  const { condition, isNeeded } = kinds[name];
  return {
    measure: () =>
      sql.one<StoredTotals>(
        `select count(*)::int as count, coalesce(sum(size_bytes), 0)::bigint as bytes, min(received_at) as oldest
           from beacon_bodies where ${condition}`,
      ),

    list(after: AfterItem, limit: number) {
      const [attemptId = null, number = null] = after?.id.split('/') ?? [];
      return sql.query<StoredItem>(
        named(
          `select attempt_id || '/' || beacon_bodies.number as id, received_at as at, size_bytes as bytes, ${isNeeded} as "isNeeded"
             from beacon_bodies join attempts on attempts.id = beacon_bodies.attempt_id
            where ${condition} and (:at::timestamptz is null
                  or (received_at, attempt_id, beacon_bodies.number) > (:at, :attemptId::uuid, :number::int))
            order by received_at, attempt_id, beacon_bodies.number limit :limit`,
          { at: after?.at ?? null, attemptId, number, limit },
        ),
      );
    },

    /**
     * Removes bodies, within a transaction. Their pipeline runs are marked as having no trace.
     * @returns the removed ids
     */
    async remove(ids: readonly string[]): Promise<string[]> {
      const split = ids.map((id) => id.split('/'));
      const rows = await sql.query<{ id: string }>(
        named(
          `with locked as (
             select beacon_bodies.attempt_id, beacon_bodies.number, beacon_bodies.blob_key
               from beacon_bodies
               join unnest(:attemptIds::uuid[], :numbers::int[]) as asked (attempt_id, number) using (attempt_id, number)
               join attempts on attempts.id = beacon_bodies.attempt_id
              where ${condition} and not ${isNeeded}
              order by 1, 2 for update of beacon_bodies skip locked
           ), gone as (
             delete from beacon_bodies using locked
              where beacon_bodies.attempt_id = locked.attempt_id and beacon_bodies.number = locked.number
             returning beacon_bodies.attempt_id, beacon_bodies.number, beacon_bodies.blob_key
           ), marked as (
             update pipeline_runs set trace_removed_at = now() from gone
              where pipeline_runs.attempt_id = gone.attempt_id and pipeline_runs.trace_blob_key = gone.blob_key
           ), noted as (
             insert into storage_removals (kind, target) select 'blob', jsonb_build_object('key', blob_key) from gone
           )
           select attempt_id || '/' || number as id from gone`,
          { attemptIds: split.map(([attemptId]) => attemptId), numbers: split.map(([, number]) => number) },
        ),
      );
      return rows.map((row) => row.id);
    },
  };
}
