import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

export interface JobMuteRecord {
  jobId: string;
  mutedUntil: Date;
}

export type AlertJobMuteStore = ReturnType<typeof createAlertJobMuteStore>;

/** Stores the jobs whose incidents are recorded and not reported. */
export function createAlertJobMuteStore(sql: Queryable) {
  return {
    /** Returns the mute of a job that has not ended. */
    get: (jobId: string) =>
      sql.maybeOne<JobMuteRecord>(
        named(
          `select job_id as "jobId", muted_until as "mutedUntil" from alert_job_mutes
            where job_id = :jobId and muted_until > now()`,
          { jobId },
        ),
      ),

    set: (mute: { jobId: string; workspaceId: string; mutedUntil: Date; mutedBy: string }) =>
      sql.execute(
        named(
          `insert into alert_job_mutes (job_id, workspace_id, muted_until, muted_by)
           values (:jobId, :workspaceId, :mutedUntil, :mutedBy)
           on conflict (job_id) do update set muted_until = excluded.muted_until, muted_by = excluded.muted_by`,
          mute,
        ),
      ),

    remove: (jobId: string) =>
      sql.execute(named('delete from alert_job_mutes where job_id = :jobId', { jobId })),
  };
}
