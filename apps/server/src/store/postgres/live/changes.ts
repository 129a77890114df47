import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

/** A hint that something changed and must be read again. */
export interface ChangeRecord {
  workspaceId: string;
  /** One of `liveChangeKind`. */
  kind: string;
  jobId: string | null;
  jobRunId: string | null;
}

/** What a reader has seen so far: the transactions that had ended at that moment. */
export interface ChangesSnapshot {
  snapshot: string;
}

export type ChangeStore = ReturnType<typeof createChangeStore>;

/**
 * Stores changes in workspaces, which database triggers write (migration 0013). They are kept for some
 * minutes.
 */
export function createChangeStore(sql: Queryable) {
  return {
    /** Marks everything committed by now as seen. */
    seen: () => sql.one<ChangesSnapshot>('select pg_current_snapshot()::text as snapshot'),

    /**
     * Lists what was committed in the workspaces since then, without duplicates, in no particular order, and
     * the position to continue from, so that nothing is missed. A result of more than `limit` rows means that
     * there are more, which are not returned again.
     */
    async listSince({ snapshot }: ChangesSnapshot, workspaceIds: readonly string[], limit: number) {
      // Rows of another cluster, as after a restored backup, may have transaction numbers that this one has
      // not reached.
      const rows = await sql.prepared<{ snapshot: string } & (ChangeRecord | { kind: null })>(
        named(
          `select now.snapshot::text as snapshot, changed.*
             from (select pg_current_snapshot() as snapshot) as now left join lateral (
               select distinct workspace_id as "workspaceId", kind, job_id as "jobId", job_run_id as "jobRunId" from changes
                where transaction_id >= pg_snapshot_xmin(:snapshot::pg_snapshot) and transaction_id < pg_snapshot_xmax(now.snapshot)
                  and not pg_visible_in_snapshot(transaction_id, :snapshot::pg_snapshot) and workspace_id = any(:workspaceIds::uuid[])
                limit :atMost) as changed on true`,
          { snapshot, workspaceIds, atMost: limit + 1 },
        ),
      );
      const changes = rows.filter((row): row is { snapshot: string } & ChangeRecord => row.kind !== null);
      return { seen: { snapshot: rows[0]?.snapshot ?? snapshot }, changes };
    },

    /** Removes changes that every reader at that position has seen. */
    forget: ({ snapshot }: ChangesSnapshot) =>
      sql.execute(
        named('delete from changes where transaction_id < pg_snapshot_xmin(:snapshot::pg_snapshot)', {
          snapshot,
        }),
      ),
  };
}
