import type { JobRunFilter } from './job-run-filter.ts';
import type { Queryable } from '../pool.ts';
import type { RunState } from '@pumphouse/contract';
import { activeRunStates } from '@pumphouse/contract';
import { findRunConditions } from './job-run-list.ts';
import { named } from '../statements/named.ts';

/** Runs of one state that were created within a bucket of time. */
export interface RunCountCell {
  startsAt: Date;
  status: RunState;
  count: number;
}

/** Runs that were counted one by one. */
export interface CountedCell extends RunCountCell {
  /** When the oldest of them was created. */
  oldestAt: Date;
}

/** Length and alignment of buckets: one of them starts at `origin`. */
export interface RunBuckets {
  bucketSeconds: number;
  origin: Date;
}

export type RunCountStore = ReturnType<typeof createRunCountStore>;

const active = `array[${activeRunStates.map((state) => `'${state}'`).join(', ')}]`;
/** Counts runs by state and time of creation. */
export function createRunCountStore(sql: Queryable) {
  return {
    /** Counts the newest `limit` filtered runs one by one. Only cells with runs are returned. */
    async countEach(
      workspaceId: string,
      filter: JobRunFilter,
      buckets: RunBuckets,
      limit: number,
    ): Promise<CountedCell[]> {
      const where = await findRunConditions(sql, workspaceId, filter);
      if (where === null) return [];
      const seconds = where.bind(buckets.bucketSeconds);
      const origin = where.bind(buckets.origin);
      const atMost = where.bind(limit);
      return sql.query<CountedCell>(
        named(
          `select date_bin(make_interval(secs => ${seconds}::float8), created_at, ${origin}::timestamptz) as "startsAt",
                  status, count(*)::int as count, min(created_at) as "oldestAt"
             from (select status, created_at from job_runs where ${where.sql()} order by created_at desc limit ${atMost}) as newest
            group by 1, 2`,
          where.parameters,
        ),
      );
    },

    /**
     * Counts all runs of a workspace between two quarter hours. Ended runs are summed in advance; the few active
     * ones are counted.
     */
    sumQuarters: (workspaceId: string, { start, end }: { start: Date; end: Date }, buckets: RunBuckets) =>
      sql.query<RunCountCell>(
        named(
          `select date_bin(make_interval(secs => :bucketSeconds::float8), starts_at, :origin::timestamptz) as "startsAt", cell.status,
                  sum(cell.count)::int as count
             from job_run_quarters
            cross join lateral (values ('completed', completed_count), ('failed', failed_count),
                                       ('cancelled', cancelled_count), ('skipped', skipped_count)) as cell (status, count)
            where workspace_id = :workspaceId and starts_at >= :start and starts_at < :end and cell.count <> 0
            group by 1, 2
           union all
           select date_bin(make_interval(secs => :bucketSeconds::float8), created_at, :origin::timestamptz), status, count(*)::int
             from job_runs
            where workspace_id = :workspaceId and status = any(${active}) and not is_internal
              and created_at >= :start and created_at < :end
            group by 1, 2`,
          { workspaceId, start, end, bucketSeconds: buckets.bucketSeconds, origin: buckets.origin },
        ),
      ),

    /** Returns when the oldest run of a workspace was created; null without runs. */
    async oldestAt(workspaceId: string): Promise<Date | null> {
      const [row] = await sql.prepared<{ createdAt: Date }>(
        named(
          `select created_at as "createdAt" from job_runs where workspace_id = :workspaceId and not is_internal
            order by created_at limit 1`,
          { workspaceId },
        ),
      );
      return row?.createdAt ?? null;
    },
  };
}
