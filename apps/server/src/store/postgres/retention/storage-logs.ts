import type { AfterItem, StoredItem, StoredTotals } from './stored-item.ts';
import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

const since = 'coalesce(attempts.finished_at, attempts.created_at)';

/** True for data of an active run, or of the newest run of its job. */
export const belongsToLastRun = `exists (
  select 1 from job_runs
   where job_runs.id = attempts.job_run_id and (job_runs.finished_at is null or not exists (
           select 1 from job_runs newer where newer.job_id = job_runs.job_id and newer.number > job_runs.number)))`;

/** Retention of attempt logs, once they are compressed: before that, their run may still write to them. */
export function createStoredLogs(sql: Queryable) {
  return {
    measure: () =>
      sql.one<StoredTotals>(
        `select count(*)::int as count, coalesce(sum(log_stored_bytes), 0)::bigint as bytes,
                (select ${since} from attempts where log_stored_bytes is not null order by ${since}, id limit 1) as oldest
           from attempts where log_stored_bytes is not null`,
      ),

    list: (after: AfterItem, limit: number) =>
      sql.query<StoredItem>(
        named(
          `select id, ${since} as at, log_stored_bytes as bytes, ${belongsToLastRun} as "isNeeded" from attempts
            where log_stored_bytes is not null and (:at::timestamptz is null or (${since}, id) > (:at, :id::uuid))
            order by ${since}, id limit :limit`,
          { at: after?.at ?? null, id: after?.id ?? null, limit },
        ),
      ),

    /**
     * Removes logs, within a transaction; their rows are marked accordingly.
     * @returns the ids of attempts whose log is removed
     */
    async remove(attemptIds: readonly string[]): Promise<string[]> {
      const rows = await sql.query<{ id: string }>(
        named(
          `with locked as (
             select id from attempts where id = any(:attemptIds) and log_stored_bytes is not null and not ${belongsToLastRun}
              order by id for update skip locked
           ), marked as (
             update attempts set log_removed_at = now(), log_stored_bytes = null from locked where attempts.id = locked.id
             returning attempts.id
           ), noted as (
             insert into storage_removals (kind, target) select 'log', jsonb_build_object('attemptId', id) from marked
           )
           select id from marked`,
          { attemptIds },
        ),
      );
      return rows.map((row) => row.id);
    },
  };
}
