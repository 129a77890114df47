import type { ActiveRunState } from '@pumphouse/contract';
import type { Queryable } from '../pool.ts';
import { activeRunStates } from '@pumphouse/contract';
import { named } from '../statements/named.ts';

/** Numbers of runs, including skipped ones, that were created within a quarter hour, by outcome. */
export interface RunCounts {
  completed: number;
  failed: number;
  cancelled: number;
  skipped: number;
  active: number;
}

export interface QuarterCounts extends RunCounts {
  startsAt: Date;
}

/** Runs of a job that were created on one day. */
export interface DayCounts extends RunCounts {
  /** Index of the day. */
  day: number;
  /** Ticks that came while no server was running. They do not count as skipped. */
  missed: number;
}

export type RunSeriesStore = ReturnType<typeof createRunSeriesStore>;

const active = `array[${activeRunStates.map((state) => `'${state}'`).join(', ')}]`;

export function createRunSeriesStore(sql: Queryable) {
  return {
    /**
     * Lists the quarter hours from `start` to `end` in which runs were created, in order. Ended runs are
     * summed in advance; the few active ones are counted.
     */
    listQuarters: (workspaceId: string, { start, end }: { start: Date; end: Date }) =>
      sql.query<QuarterCounts>(
        named(
          `select starts_at as "startsAt", sum(completed)::int as completed, sum(failed)::int as failed,
                  sum(cancelled)::int as cancelled, sum(skipped)::int as skipped, sum(active)::int as active
             from (select starts_at, completed_count as completed, failed_count as failed, cancelled_count as cancelled,
                          skipped_count as skipped, 0 as active
                     from job_run_quarters where workspace_id = :workspaceId and starts_at >= :start and starts_at < :end
                    union all
                   select quarter_of(created_at), 0, 0, 0, 0, 1 from job_runs
                    where workspace_id = :workspaceId and status = any(${active}) and not is_internal
                      and created_at >= :start and created_at < :end) as counted
            group by starts_at order by starts_at`,
          { workspaceId, start, end },
        ),
      ),

    /**
     * Counts the runs of a job by day; days without runs are omitted.
     * @param bounds the start of each day in order, and the end of the last one
     */
    countDays: (jobId: string, bounds: readonly Date[]) =>
      sql.query<DayCounts>(
        named(
          `select day, count(*) filter (where status = 'completed')::int as completed,
                  count(*) filter (where status = 'failed')::int as failed,
                  count(*) filter (where status = 'cancelled')::int as cancelled,
                  count(*) filter (where status = 'skipped' and not is_missed)::int as skipped,
                  count(*) filter (where status = any(${active}))::int as active,
                  coalesce(sum(ticks) filter (where is_missed), 0)::int as missed
             from (select width_bucket(created_at, :bounds::timestamptz[]) - 1 as day, status,
                          coalesce(skip->>'status' = 'skipped_missed', false) as is_missed, (skip->>'count')::int as ticks
                     from job_runs
                    where job_id = :jobId and created_at >= :start and created_at < :end) as counted
            group by day order by day`,
          { jobId, bounds, start: bounds[0], end: bounds.at(-1) },
        ),
      ),

    /** Counts active runs by state. */
    countActive: async (workspaceId: string) => {
      const rows = await sql.query<{ status: ActiveRunState; count: number }>(
        named(
          `select status, count(*)::int as count from job_runs
            where workspace_id = :workspaceId and status = any(${active}) and not is_internal group by status`,
          { workspaceId },
        ),
      );
      return new Map(rows.map(({ status, count }) => [status, count]));
    },
  };
}
