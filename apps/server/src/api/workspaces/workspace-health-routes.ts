import type { Handlers } from '../handler.ts';
import type { ReadWorkspaceHealth } from '../../services/workspaces/read-workspace-health.ts';
import { toInstant } from '../serializers/instants.ts';
import { userOf } from '../handler.ts';

export function createWorkspaceHealthHandlers(services: {
  readWorkspaceHealth: ReadWorkspaceHealth;
}): Pick<Handlers, 'list_workspace_health'> {
  return {
    async list_workspace_health({ authorization }) {
      const listed = await services.readWorkspaceHealth(userOf(authorization));
      const items = listed.map((health) => ({
        workspace_id: health.workspaceId,
        failing_job_count: health.failingJobCount,
        late_job_count: health.lateJobCount,
        running_count: health.runningCount,
        pending_count: health.pendingCount,
        has_runs: health.lastRunAt !== null,
        last_run_at: health.lastRunAt && toInstant(health.lastRunAt),
      }));
      return { items };
    },
  };
}
