import { operation } from '../../api/operation.ts';
import { operationPages } from '../../api/operation-pages.ts';
import { toRunQuery, type RunSearch } from './run-list.ts';

/** The list of runs, page by page, newest first. */
export const runList = (workspaceId: string, search: RunSearch) =>
  operationPages('list_run_overviews', { params: { workspace_id: workspaceId }, query: toRunQuery(search) });

export interface RunParams {
  workspace_id: string;
  job_run_id: string;
}

/** What the page of a run shows first. */
export const runOverview = (params: RunParams) => operation('get_run_overview', { params });
export const runLife = (params: RunParams) => operation('get_job_run_life', { params });
export const runDetail = (params: RunParams) => operation('get_job_run', { params });
export const runPipelines = (params: RunParams) => operation('list_job_run_pipeline_runs', { params });

/** A run beside another one of its job: the last that completed, unless a base is named. */
export const runComparison = (params: RunParams, baseId: string | undefined) =>
  operation('compare_job_runs', { params, query: baseId === undefined ? {} : { base_id: baseId } });
export const runLogComparison = (params: RunParams, baseId: string | undefined) =>
  operation('compare_job_run_logs', { params, query: baseId === undefined ? {} : { base_id: baseId } });
