import type { Queryable } from '../pool.ts';
import { isDeployedJob } from '../jobs/deployed-jobs.ts';
import { named } from '../statements/named.ts';

/** Sums over runs. Rows of skipped starts do not count. */
export interface UsageSums {
  completedCount: number;
  failedCount: number;
  cancelledCount: number;
  /** From the start of the runs to their end, without the time between attempts. */
  runMs: number;
}

export interface UsageDay extends UsageSums {
  /** UTC, as YYYY-MM-DD. */
  day: string;
}

/** The usage of one part of a subject on one day. */
export interface UsageShare extends UsageDay {
  workspaceId: string;
  workspaceName: string;
  /** Null if workspaces are the parts. */
  jobId: string | null;
  jobRef: string | null;
}

/** The organization or workspace whose runs are summed. */
export type UsageSubject = { organizationId: string } | { workspaceId: string };

/** The current month so far (UTC). */
export interface UsedMonth {
  /** Its first day. */
  startsOn: string;
  /** Of runs that ended in it, and of active runs. */
  usedSeconds: number;
  /** Without unknown runs, which take no slot. */
  activeRunCount: number;
}

/** The idle time of a retried run: from the end of an attempt to the start of the next. */
const betweenAttempts = `coalesce((
  select sum(coalesce(next_begun_at, job_runs.finished_at, now()) - closed_at)
    from (select closed_at, lead(begun_at) over (order by number) as next_begun_at from attempts
           where attempts.job_run_id = job_runs.id and begun_at is not null) as begun), interval '0')`;

const isActive = `job_runs.status in ('pending', 'starting', 'running', 'cancelling') and not job_runs.is_queued`;

/**
 * Part of a statement that adds ended runs, the rows of a query, once: in the transaction that ends them,
 * which holds the locks of their jobs.
 */
export const addUsage = (ended: string): string =>
  `insert into usage_days as kept (job_id, workspace_id, day, completed_count, failed_count, cancelled_count, run_ms)
   select job_id, workspace_id, (finished_at at time zone 'UTC')::date, (status = 'completed')::int, (status = 'failed')::int,
          (status = 'cancelled')::int,
          coalesce(greatest(round(extract(epoch from finished_at - started_at - ${betweenAttempts}) * 1000), 0), 0)::bigint
     from (${ended}) as job_runs
   on conflict (job_id, day) do update set
          completed_count = kept.completed_count + excluded.completed_count,
          failed_count = kept.failed_count + excluded.failed_count,
          cancelled_count = kept.cancelled_count + excluded.cancelled_count,
          run_ms = kept.run_ms + excluded.run_ms`;

export type UsageStore = ReturnType<typeof createUsageStore>;

/**
 * Stores the usage of runs, by job and by day (UTC) of their end. Days and months follow the database clock.
 * Recorded by the transaction that ends a run, so a scan of the runs gives the same sums, unless retention
 * has removed some. Lists omit internal runs, but the month includes them: limits apply to them too.
 */
export function createUsageStore(sql: Queryable) {
  return {
    /** Lists the days with runs, from the first to the last day, inclusive. */
    listDays: (subject: UsageSubject, range: { from: string; to: string }) => {
      const { condition, id } = whose(subject);
      return sql.query<UsageDay>(
        named(
          `select usage_days.day, sum(completed_count)::bigint as "completedCount", sum(failed_count)::bigint as "failedCount",
                  sum(cancelled_count)::bigint as "cancelledCount", sum(run_ms)::bigint as "runMs"
             from usage_days join workspaces on workspaces.id = usage_days.workspace_id join jobs on jobs.id = usage_days.job_id
            where ${condition} and ${isDeployedJob} and usage_days.day between :from and :to
            group by usage_days.day order by usage_days.day`,
          { id, from: range.from, to: range.to },
        ),
      );
    },

    /** Lists the same days for each workspace, or for each job. */
    listShares: (subject: UsageSubject, range: { from: string; to: string }, by: 'workspace' | 'job') => {
      const { condition, id } = whose(subject);
      const job = by === 'job' ? 'jobs.id' : 'null::uuid';
      const ref = by === 'job' ? 'jobs.job_ref' : 'null::text';
      return sql.query<UsageShare>(
        named(
          `select workspaces.id as "workspaceId", workspaces.name as "workspaceName", ${job} as "jobId", ${ref} as "jobRef",
                  usage_days.day, sum(completed_count)::bigint as "completedCount", sum(failed_count)::bigint as "failedCount",
                  sum(cancelled_count)::bigint as "cancelledCount", sum(run_ms)::bigint as "runMs"
             from usage_days join workspaces on workspaces.id = usage_days.workspace_id join jobs on jobs.id = usage_days.job_id
            where ${condition} and ${isDeployedJob} and usage_days.day between :from and :to
            group by 1, 2, 3, 4, 5 order by 5`,
          { id, from: range.from, to: range.to },
        ),
      );
    },

    monthSoFar: (subject: UsageSubject) => {
      const { condition, id } = whose(subject);
      return sql.one<UsedMonth>(
        named(
          `select date_trunc('month', now() at time zone 'UTC')::date as "startsOn",
                ((select coalesce(sum(run_ms), 0) / 1000.0
                    from usage_days join workspaces on workspaces.id = usage_days.workspace_id
                   where ${condition} and usage_days.day >= date_trunc('month', now() at time zone 'UTC')::date)
                 + (select coalesce(sum(greatest(extract(epoch from now() - job_runs.started_at - ${betweenAttempts}), 0)), 0)
                      from job_runs join workspaces on workspaces.id = job_runs.workspace_id
                     where ${condition} and ${isActive}))::float8 as "usedSeconds",
                (select count(*)::int from job_runs join workspaces on workspaces.id = job_runs.workspace_id
                  where ${condition} and ${isActive} and unknown_since is null) as "activeRunCount"`,
          { id },
        ),
      );
    },

    /** Returns the current day (UTC). */
    readToday: async () =>
      (await sql.one<{ today: string }>(`select (now() at time zone 'UTC')::date as today`)).today,
  };
}

function whose(subject: UsageSubject) {
  if ('organizationId' in subject)
    return { condition: 'workspaces.organization_id = :id', id: subject.organizationId } as const;
  return { condition: 'workspaces.id = :id', id: subject.workspaceId } as const;
}
