import { operation } from '../../api/operation.ts';

/** Visits cause no event, so the last use of an app is polled. */
const usesEveryMs = 60_000;

/** The active interactive jobs. */
export const appList = (workspaceId: string) => ({
  ...operation('list_apps', { params: { workspace_id: workspaceId } }),
  refetchInterval: usesEveryMs,
});

const appParams = (workspaceId: string, jobId: string) => ({ workspace_id: workspaceId, job_id: jobId });

export const appQuery = (workspaceId: string, jobId: string) => ({
  ...operation('get_app', { params: appParams(workspaceId, jobId) }),
  refetchInterval: usesEveryMs,
});

export const visitorsOfApp = (workspaceId: string, jobId: string) => ({
  ...operation('list_app_visitors', { params: appParams(workspaceId, jobId) }),
  refetchInterval: usesEveryMs,
});

/** The newest run of an app, for apps that are not running. */
export const lastRunOfApp = (workspaceId: string, jobId: string) =>
  operation('list_run_overviews', {
    params: { workspace_id: workspaceId },
    query: { job_id: jobId, limit: 1 },
  });
