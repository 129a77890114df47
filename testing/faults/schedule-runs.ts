import type { SiteDisk } from './site-disk.ts';
import type { StoredRun } from './schedule-details.ts';
import type { TestServer } from '../fixtures/server.ts';
import { createApiWorkspace } from '../fixtures/api-workspace.ts';
import { clockJobs } from './schedule-workspace.ts';

/** Lists the runs of a workspace, oldest first, whichever servers are running. */
export function listStoredRuns(disk: Pick<SiteDisk, 'query'>, workspaceId: string): Promise<StoredRun[]> {
  return disk.query<StoredRun>(
    `select job_runs.id, jobs.job_ref as "jobRef", job_runs.number::int, trigger, tick_at as "tickAt", status, failure,
            interval_start as "intervalStart", interval_end as "intervalEnd", previous_job_run_id as "previousJobRunId"
       from job_runs join jobs on jobs.id = job_runs.job_id where job_runs.workspace_id = $1 order by job_runs.created_at`,
    [workspaceId],
  );
}

/** Pauses or resumes the jobs of a schedule workspace that a clock starts. */
export async function switchClocks(
  server: TestServer,
  workspaceId: string,
  operation: 'pause_job' | 'resume_job',
): Promise<void> {
  const api = createApiWorkspace(server, workspaceId);
  for (const jobRef of clockJobs) {
    const { id } = await api.findJob(jobRef);
    await server.client.call(operation, { params: { workspace_id: workspaceId, job_id: id } });
  }
}
