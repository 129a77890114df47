import type { JobRunRecord } from './job-run-record.ts';
import type { Queryable } from '../pool.ts';
import { runColumns } from './job-run-record.ts';
import { named } from '../statements/named.ts';

/** A queued run, reduced to what the choice of the next one depends on. */
export interface QueueHead {
  jobId: string;
  organizationId: string;
}

/** Whether there is work for the loop of the queue. */
export interface QueueWork {
  hasQueued: boolean;
  /** Pending runs have start deadlines, passed or not. */
  hasDeadlines: boolean;
}

export type RunQueueStore = ReturnType<typeof createRunQueueStore>;

/** Stores queued runs and start deadlines. */
export function createRunQueueStore(sql: Queryable) {
  return {
    /** Most installations have neither most of the time, so this is read before anything else. */
    async readWork(): Promise<QueueWork> {
      const [work] = await sql.prepared<QueueWork>(
        `select exists (select from job_runs where status = 'pending' and is_queued) as "hasQueued",
                exists (select from job_runs where status = 'pending' and start_by is not null) as "hasDeadlines"`,
      );
      return work ?? { hasQueued: false, hasDeadlines: false };
    },

    /** Lists the queued runs of these jobs, in the order in which they start. */
    list: (jobIds: readonly string[]) =>
      sql.prepared<JobRunRecord>(
        named(
          `select ${runColumns} from job_runs where job_id = any(:jobIds) and status = 'pending' and is_queued
            order by priority desc, created_at, id`,
          { jobIds },
        ),
      ),

    /**
     * Finds the next job: that of the first queued run whose job has a free slot, skipping the given jobs and
     * organizations. The limit in the definition is only read to avoid needless transactions; the release
     * checks it again under the lock of the job.
     */
    next: (passed: { jobIds: readonly string[]; organizationIds: readonly string[] }) =>
      sql.maybeOnePrepared<QueueHead>(
        named(
          `select head.job_id as "jobId", workspaces.organization_id as "organizationId"
             from (select distinct on (job_id) job_id, workspace_id, priority, created_at, id from job_runs
                    where status = 'pending' and is_queued and job_id <> all(:jobIds)
                    order by job_id, priority desc, created_at, id) as head
             join jobs on jobs.id = head.job_id
             join job_versions on job_versions.id = jobs.current_version_id
             join workspaces on workspaces.id = head.workspace_id
            where workspaces.organization_id <> all(:organizationIds)
              and (select count(*) from job_runs active where active.job_id = head.job_id and not active.is_queued
                      and active.status in ('pending', 'starting', 'running', 'cancelling'))
                  < coalesce(nullif(coalesce((job_versions.definition->'execute'->'concurrency')::text, '1'), 'null')::numeric, 'infinity')
            order by head.priority desc, head.created_at, head.id limit 1`,
          { jobIds: passed.jobIds, organizationIds: passed.organizationIds },
        ),
      ),

    /**
     * Ends the wait for a slot: any supervisor may claim the run now. The caller holds the lock of its job.
     */
    release: (
      jobRunId: string,
      run: Pick<JobRunRecord, 'refresh'> & { intervalStart: Date; intervalEnd: Date },
    ) =>
      sql.execute(
        named(
          `update job_runs set is_queued = false, waited_for = coalesce(wait_reason, waited_for), wait_reason = null,
                  wait_kind = null, refresh = :refresh,
                  interval_start = :intervalStart,
                  interval_end = :intervalEnd, updated_at = now()
            where id = :jobRunId and status = 'pending' and is_queued`,
          { ...run, jobRunId },
        ),
      ),

    /**
     * Sets what a run waits for now.
     * @param isReported whether its log already contains it
     */
    setWaitReason: (jobRunId: string, reason: string, { isReported }: { isReported: boolean }) =>
      sql.execute(
        named(
          `update job_runs set wait_reason = :reason, wait_noted = :isReported, updated_at = now()
            where id = :jobRunId and status = 'pending' and wait_reason is distinct from :reason`,
          { jobRunId, reason, isReported },
        ),
      ),

    /** Lists runs that have not started by their deadline. */
    listOverdue: (now: Date, limit: number) =>
      sql.prepared<JobRunRecord>(
        named(
          `select ${runColumns} from job_runs where status = 'pending' and started_at is null and start_by <= :now
            order by start_by limit :limit`,
          { now, limit },
        ),
      ),
  };
}
