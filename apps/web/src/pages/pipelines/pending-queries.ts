import { operation } from '../../api/operation.ts';

/** The packages of a pipeline, those that have ended included. */
export const pendingOfPipeline = (workspaceId: string, pipelineName: string) =>
  operation('list_pending_packages', {
    params: { workspace_id: workspaceId },
    query: { pipeline_name: pipelineName },
  });

/** The packages that a run extracted, finished or dropped. */
export const pendingOfRun = (params: { workspace_id: string; job_run_id: string }) =>
  operation('list_pending_packages', {
    params: { workspace_id: params.workspace_id },
    query: { job_run_id: params.job_run_id },
  });
