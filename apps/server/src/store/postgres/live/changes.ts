import type { Queryable } from '../pool.ts';

/** That something changed: a hint to look again. */
export interface ChangeRecord {
  workspaceId: string;
  /** In the words of `liveChangeKind`. */
  kind: string;
  jobId: string | null;
  jobRunId: string | null;
}

/** What a reader has seen so far: the transactions that were over at that moment. */
export interface ChangesSeen {
  snapshot: string;
}

export type ChangeStore = ReturnType<typeof createChangeStore>;

/** Changes in workspaces, which triggers write (migration 0013). They are kept for some minutes. */
export function createChangeStore(sql: Queryable) {
  return {
    /** All that is committed by now; what is read from here on comes after. */
    seen: () => sql.one<ChangesSeen>('select pg_current_snapshot()::text as snapshot'),

    /**
     * What was committed in the workspaces since then, each thing once, in no order; with the place to go on from, which leaves nothing
     * out. One more than `limit` says that there are more, which are not given another time.
     */
    async listSince({ snapshot }: ChangesSeen, workspaceIds: readonly string[], limit: number) {
      // What stems from another cluster, as after a restored backup, may have numbers that this one has yet to reach.
      const rows = await sql.prepared<{ snapshot: string } & (ChangeRecord | { kind: null })>(
        `select now.snapshot::text as snapshot, changed.*
           from (select pg_current_snapshot() as snapshot) as now left join lateral (
             select distinct workspace_id as "workspaceId", kind, job_id as "jobId", job_run_id as "jobRunId" from changes
              where transaction_id >= pg_snapshot_xmin($1::pg_snapshot) and transaction_id < pg_snapshot_xmax(now.snapshot)
                and not pg_visible_in_snapshot(transaction_id, $1::pg_snapshot) and workspace_id = any($2::uuid[])
              limit $3) as changed on true`,
        [snapshot, workspaceIds, limit + 1],
      );
      const changes = rows.filter((row): row is { snapshot: string } & ChangeRecord => row.kind !== null);
      return { seen: { snapshot: rows[0]?.snapshot ?? snapshot }, changes };
    },

    /** Forgets what whoever has seen that moment has seen. */
    forget: ({ snapshot }: ChangesSeen) =>
      sql.execute('delete from changes where transaction_id < pg_snapshot_xmin($1::pg_snapshot)', [snapshot]),
  };
}
