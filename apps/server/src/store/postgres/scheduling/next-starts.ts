import type { JobRunRecord } from '../runs/job-run-record.ts';
import type { DeferredStart } from '../runs/deferred-starts.ts';
import type { Queryable } from '../pool.ts';
import type { ScheduleRecord } from './schedules.ts';
import { deferredStartColumns } from '../runs/deferred-starts.ts';
import { runColumns } from '../runs/job-run-record.ts';
import { named } from '../statements/named.ts';

/** A future tick. */
export type NextTick = Pick<ScheduleRecord, 'jobId' | 'trigger'> & { nextTickAt: Date };

/** A run that holds the local data lock of a workspace and profile; others wait for its end. */
export interface LocalDataHolder {
  profile: string;
  jobId: string;
  jobRef: string;
  number: number;
}

export type NextStartStore = ReturnType<typeof createNextStartStore>;

/** Lists the future starts of a workspace, from their sources. */
export function createNextStartStore(sql: Queryable) {
  const listPending = (selected: { where: string; order: string }, workspaceId: string, limit: number) =>
    sql.prepared<JobRunRecord>(
      named(
        `select ${runColumns} from job_runs
          where workspace_id = :workspaceId and status = 'pending' and not is_internal and ${selected.where} order by ${selected.order} limit :limit`,
        { workspaceId, limit },
      ),
    );

  return {
    /** Lists ticks of the clock, soonest first. */
    listTicks: (workspaceId: string, limit: number) =>
      sql.prepared<NextTick>(
        named(
          `select schedules.job_id as "jobId", schedules.trigger, schedules.next_tick_at as "nextTickAt"
             from schedules join jobs on jobs.id = schedules.job_id
            where jobs.workspace_id = :workspaceId and schedules.next_tick_at is not null
            order by schedules.next_tick_at, schedules.job_id, schedules.trigger limit :limit`,
          { workspaceId, limit },
        ),
      ),

    /** Lists runs that wait for the time of their retry, soonest first. */
    listRetries: (workspaceId: string, limit: number) =>
      listPending(
        { where: 'not is_queued and not_before > now()', order: 'not_before, id' },
        workspaceId,
        limit,
      ),

    /** Lists runs that wait without a known time, in the order in which they start. */
    listWaiting: (workspaceId: string, limit: number) =>
      listPending(
        {
          where: '(is_queued or not_before is null or not_before <= now())',
          order: 'is_queued, priority desc, created_at, id',
        },
        workspaceId,
        limit,
      ),

    /** Lists deferred starts, oldest first. */
    listDeferred: (workspaceId: string, limit: number) =>
      sql.prepared<DeferredStart>(
        named(
          `select ${deferredStartColumns} from promised_starts join jobs on jobs.id = promised_starts.job_id
            where jobs.workspace_id = :workspaceId order by promised_starts.created_at, promised_starts.job_id limit :limit`,
          { workspaceId, limit },
        ),
      ),

    /** Returns those of the jobs whose last ended run failed. */
    async findFailed(jobIds: readonly string[]) {
      const rows = await sql.prepared<{ jobId: string }>(
        named(
          `select asked.job_id as "jobId" from unnest(:jobIds::uuid[]) as asked (job_id)
             cross join lateral (
               select status from job_runs
                where job_runs.job_id = asked.job_id and status in ('completed', 'failed', 'cancelled')
                order by created_at desc, id desc limit 1) as last
            where last.status = 'failed'`,
          { jobIds },
        ),
      );
      return new Set(rows.map((row) => row.jobId));
    },

    /** At most one for each profile. */
    listLocalDataHolders: (workspaceId: string) =>
      sql.prepared<LocalDataHolder>(
        named(
          `select job_runs.profile, job_runs.job_id as "jobId", jobs.job_ref as "jobRef", job_runs.number
             from job_runs join jobs on jobs.id = job_runs.job_id
            where job_runs.workspace_id = :workspaceId and job_runs.shares_local_data
              and job_runs.status in ('starting', 'running', 'cancelling')`,
          { workspaceId },
        ),
      ),
  };
}
