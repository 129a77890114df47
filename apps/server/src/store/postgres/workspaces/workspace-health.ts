import type { Queryable } from '../pool.ts';
import { activeRunStates, lateTickSeconds } from '@pumphouse/contract';
import { effectiveRole, withEffectiveRole } from '../people/effective-role.ts';
import { isDeployedJob } from '../jobs/deployed-jobs.ts';
import { isFailingJob } from '../jobs/job-state.ts';
import { named } from '../statements/named.ts';

/** The current health of a workspace's jobs. */
export interface WorkspaceHealth {
  workspaceId: string;
  failingJobCount: number;
  lateJobCount: number;
  runningCount: number;
  pendingCount: number;
  /** When the newest run was created; null without runs. */
  lastRunAt: Date | null;
}

export type WorkspaceHealthStore = ReturnType<typeof createWorkspaceHealthStore>;

const active = `array[${activeRunStates.map((state) => `'${state}'`).join(', ')}]`;

export function createWorkspaceHealthStore(sql: Queryable) {
  return {
    /**
     * Lists the workspaces in which a user has a role, oldest first. Each count uses an index of just the
     * counted rows: failing jobs, overdue ticks, and active runs.
     * @param only the one workspace that the credential is limited to, if any
     */
    listOfUser: (userId: string, { only, limit }: { only: string | null; limit: number }) =>
      sql.query<WorkspaceHealth>(
        named(
          `with late as (
             select jobs.workspace_id, count(distinct jobs.id)::int as count
               from schedules join jobs on jobs.id = schedules.job_id
              where schedules.next_tick_at < now() - make_interval(secs => :lateSeconds)
                and not jobs.is_archived and not jobs.is_paused
              group by jobs.workspace_id)
           select workspaces.id as "workspaceId",
                  (select count(*)::int from jobs
                    where jobs.workspace_id = workspaces.id and ${isFailingJob} and not is_archived and ${isDeployedJob}) as "failingJobCount",
                  coalesce(late.count, 0) as "lateJobCount",
                  runs.running as "runningCount", runs.pending as "pendingCount",
                  (select created_at from job_runs where job_runs.workspace_id = workspaces.id and not is_internal
                    order by created_at desc limit 1) as "lastRunAt"
             from workspaces ${withEffectiveRole}
             left join late on late.workspace_id = workspaces.id
            cross join lateral (
                  select count(*) filter (where status <> 'pending')::int as running,
                         count(*) filter (where status = 'pending')::int as pending
                    from job_runs where job_runs.workspace_id = workspaces.id and status = any(${active}) and not is_internal) as runs
            where organization_memberships.user_id = :userId and ${effectiveRole} is not null
              and workspaces.archived_at is null and (:only::uuid is null or workspaces.id = :only)
            order by workspaces.created_at, workspaces.id limit :limit`,
          { userId, only, limit, lateSeconds: lateTickSeconds },
        ),
      ),
  };
}
