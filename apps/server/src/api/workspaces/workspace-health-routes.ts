import type { Handlers } from '../handler.ts';
import type { ReadWorkspaceHealth } from '../../services/workspaces/read-workspace-health.ts';
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
        running_count: health.runningCount,
        pending_count: health.pendingCount,
        has_runs: health.hasRuns,
      }));
      return { items };
    },
  };
}
