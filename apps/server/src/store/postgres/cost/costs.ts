import type { CostEntry, CostFigures } from '../../../domain/cost/cost-entry.ts';
import type { Queryable } from '../pool.ts';
import type { UsageSubject } from '../workspaces/usage.ts';
import { isDeployedJob } from '../jobs/deployed-jobs.ts';
import { named } from '../statements/named.ts';

/** The figures of one size on one day. */
export interface CostDay extends CostFigures {
  /** UTC, as YYYY-MM-DD. */
  day: string;
  size: string;
}

/** A job with costs. */
export interface CostedJob {
  id: string;
  /** Its display name, or its reference. */
  name: string;
  workspaceName: string;
}

/** A version of a job with costs. */
export interface CostedVersion {
  id: string;
  version: number;
  /** As its definition has them: a text, a list, or none. */
  tags: string | string[] | null;
}

/** A workspace with costs. */
export interface CostedWorkspace {
  id: string;
  name: string;
}

/** A user who started runs with costs. */
export interface CostedUser {
  id: string;
  email: string;
}

export type CostStore = ReturnType<typeof createCostStore>;

const counted = (condition: string) => `(
  select workspace_id, job_id, job_version_id, size, day, trigger_kind, started_by, attempt_count, unlimited_count, measured_count,
         held_ms, held_core_ms, held_memory_byte_ms, measured_core_ms, measured_memory_byte_ms, used_core_ms, used_memory_byte_ms,
         peak_memory_bytes, peak_cores, 0::numeric as rows_loaded, 0::numeric as bytes_loaded
    from cost_days where ${condition} and day between :from and :to
   union all
  select workspace_id, job_id, job_version_id, size, day, trigger_kind, started_by, 0, 0, 0,
         0, 0, 0, 0, 0, 0, 0, null, null, rows_loaded, bytes_loaded
    from load_days where ${condition} and day between :from and :to) as counted`;

const sums = `sum(attempt_count)::bigint as "attemptCount", sum(unlimited_count)::bigint as "unlimitedCount",
  sum(measured_count)::bigint as "measuredCount", sum(held_ms)::float8 as "heldMs", sum(held_core_ms)::float8 as "heldCoreMs",
  sum(held_memory_byte_ms)::float8 as "heldMemoryByteMs", sum(measured_core_ms)::float8 as "measuredCoreMs",
  sum(measured_memory_byte_ms)::float8 as "measuredMemoryByteMs", sum(used_core_ms)::float8 as "usedCoreMs",
  sum(used_memory_byte_ms)::float8 as "usedMemoryByteMs", max(peak_memory_bytes) as "peakMemoryBytes",
  max(peak_cores)::float8 as "peakCores", sum(rows_loaded)::float8 as "rowsLoaded", sum(bytes_loaded)::float8 as "bytesLoaded"`;

/**
 * Reads what attempts held and used and what pipeline runs loaded, by day (UTC) of their end. Database triggers keep
 * the sums (migration 0059). Runs that the server creates for itself are omitted, as in the lists of usage.
 */
export function createCostStore(sql: Queryable) {
  return {
    /**
     * Sums the days from the first to the last, inclusive, by everything they can be grouped by.
     * @param rateStarts the first days of rates, ascending: sums are those of days with the same rates
     */
    listEntries: (
      subject: UsageSubject,
      range: { from: string; to: string },
      rateStarts: readonly string[],
    ) => {
      const { condition, id } = whose(subject);
      const text: string = `select counted.workspace_id as "workspaceId", job_id as "jobId", job_version_id as "jobVersionId", size,
                  trigger_kind as "triggerKind", started_by as "startedBy", width_bucket(day, :rateStarts::date[]) as "ratePeriod", ${sums}
             from ${counted(condition)} join jobs on jobs.id = counted.job_id
            where ${isDeployedJob}
            group by 1, 2, 3, 4, 5, 6, 7`;
      return sql.query<CostEntry>(named(text, { id, from: range.from, to: range.to, rateStarts }));
    },

    /** Sums each size of each day that has any, by day. */
    listDays: (subject: UsageSubject, range: { from: string; to: string }) => {
      const { condition, id } = whose(subject);
      const text: string = `select day, size, ${sums}
             from ${counted(condition)} join jobs on jobs.id = counted.job_id
            where ${isDeployedJob}
            group by 1, 2 order by 1, 2`;
      return sql.query<CostDay>(named(text, { id, from: range.from, to: range.to }));
    },

    listJobs: (jobIds: readonly string[]) =>
      sql.query<CostedJob>(
        named(
          `select jobs.id, coalesce(job_versions.display_name, jobs.job_ref) as name,
                  workspaces.name as "workspaceName"
             from jobs join job_versions on job_versions.id = jobs.current_version_id
             join workspaces on workspaces.id = jobs.workspace_id where jobs.id = any(:jobIds::uuid[])`,
          { jobIds },
        ),
      ),

    listVersions: (versionIds: readonly string[]) =>
      sql.query<CostedVersion>(
        named(
          `select id, version, definition->'expose'->'tags' as tags from job_versions where id = any(:versionIds::uuid[])`,
          { versionIds },
        ),
      ),

    listUsers: (userIds: readonly string[]) =>
      sql.query<CostedUser>(
        named('select id, email from users where id = any(:userIds::uuid[])', { userIds }),
      ),

    listWorkspaces: (workspaceIds: readonly string[]) =>
      sql.query<CostedWorkspace>(
        named('select id, name from workspaces where id = any(:workspaceIds::uuid[])', { workspaceIds }),
      ),

    /** Returns the first day (UTC) that is counted, which is not complete. */
    readFirstDay: async () =>
      (
        await sql.one<{ day: string }>(
          `select (cost_counted_since at time zone 'UTC')::date as day from installation`,
        )
      ).day,
  };
}

function whose(subject: UsageSubject) {
  if ('organizationId' in subject) {
    const condition = 'workspace_id in (select id from workspaces where organization_id = :id)';
    return { condition, id: subject.organizationId } as const;
  }
  return { condition: 'workspace_id = :id', id: subject.workspaceId } as const;
}
