import type { AfterItem, StoredItem, StoredTotals } from './stored-item.ts';
import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

/**
 * The newest run of a job is needed: lists, intervals and the next number depend on it. So is one that has
 * just ended while its attempts are being cleaned up; after a week, cleanup no longer counts.
 */
const isNeeded = `(
  not exists (select 1 from job_runs newer where newer.job_id = job_runs.job_id and newer.number > job_runs.number)
  or (job_runs.finished_at > now() - interval '7 days'
      and exists (select 1 from attempts where attempts.job_run_id = job_runs.id and not attempts.log_sealed)))`;

/** Tables whose rows are removed with a run. */
const tables = ['job_runs', 'attempts', 'beacon_bodies', 'pipeline_runs', 'job_results'];

/** Retention of ended job runs, with all their data. */
export function createStoredRuns(sql: Queryable) {
  async function removeRowsOf(runIds: readonly string[]): Promise<void> {
    const ofRuns = 'attempt_id in (select id from attempts where job_run_id = any(:runIds))';
    await sql.execute(
      named(
        `insert into storage_removals (kind, target)
         select 'blob', jsonb_build_object('key', blob_key) from beacon_bodies where ${ofRuns}
         union all
         select 'log', jsonb_build_object('attemptId', id) from attempts
          where job_run_id = any(:runIds) and log_bytes > 0 and log_removed_at is null`,
        { runIds },
      ),
    );
    await sql.execute(named('delete from job_results where job_run_id = any(:runIds)', { runIds }));
    await sql.execute(named(`delete from beacon_bodies where ${ofRuns}`, { runIds }));
    await sql.execute(named('delete from pipeline_runs where job_run_id = any(:runIds)', { runIds }));
    await sql.execute(named('delete from attempts where job_run_id = any(:runIds)', { runIds }));
    await sql.execute(
      named('update schema_versions set job_run_id = null where job_run_id = any(:runIds)', { runIds }),
    );
    await sql.execute(
      named('update job_runs set previous_job_run_id = null where previous_job_run_id = any(:runIds)', {
        runIds,
      }),
    );
    await sql.execute(named('delete from job_runs where id = any(:runIds)', { runIds }));
  }

  return {
    /** The bytes are those of the tables, including free space left by removed rows. */
    measure: () =>
      sql.one<StoredTotals>(
        named(
          `select count(*)::int as count, min(finished_at) as oldest,
                  (select sum(pg_total_relation_size(name::regclass))::bigint from unnest(:tables::text[]) as name) as bytes
             from job_runs where finished_at is not null`,
          { tables },
        ),
      ),

    list: (after: AfterItem, limit: number) =>
      sql.query<StoredItem>(
        named(
          `select id, finished_at as at, 0 as bytes, ${isNeeded} as "isNeeded" from job_runs
            where finished_at is not null and (:at::timestamptz is null or (finished_at, id) > (:at, :id::uuid))
            order by finished_at, id limit :limit`,
          { at: after?.at ?? null, id: after?.id ?? null, limit },
        ),
      ),

    /**
     * Removes runs, within a transaction. Locked runs are skipped until later.
     * @returns the removed ids
     */
    async remove(runIds: readonly string[]): Promise<string[]> {
      const rows = await sql.query<{ id: string }>(
        named(
          `select id from job_runs where id = any(:runIds) and finished_at is not null and not ${isNeeded}
            order by id for update skip locked`,
          { runIds },
        ),
      );
      const ids = rows.map((row) => row.id);
      if (ids.length > 0) await removeRowsOf(ids);
      return ids;
    },
  };
}
