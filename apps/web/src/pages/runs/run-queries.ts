import { operation } from '../../api/operation.ts';
import { operationPages } from '../../api/operation-pages.ts';
import { toCountsQuery, toRunQuery, type RunSearch } from './run-list.ts';
import { shownZone } from '../../ui/time-zone.ts';

/** The paginated list of runs, newest first. */
export const runList = (workspaceId: string, search: RunSearch, nowMs: number) =>
  operationPages('list_run_overviews', {
    params: { workspace_id: workspaceId },
    query: toRunQuery(search, nowMs),
  });

/** The runs of the list by state, in total and over time. */
export const runCounts = (workspaceId: string, search: RunSearch, nowMs: number) =>
  operation('count_run_overviews', {
    params: { workspace_id: workspaceId },
    query: toCountsQuery(search, nowMs, shownZone()),
  });

export interface RunParams {
  workspace_id: string;
  job_run_id: string;
}

/** The data at the top of the run page. */
export const runOverview = (params: RunParams) => operation('get_run_overview', { params });
export const runTimeline = (params: RunParams) => operation('get_job_run_life', { params });
export const runResources = (params: RunParams) => operation('get_job_run_resources', { params });
export const runDetail = (params: RunParams) => operation('get_job_run', { params });
export const runPipelines = (params: RunParams) => operation('list_job_run_pipeline_runs', { params });

/** Compares a run with `baseId`, or with the last completed run of its job. */
export const runComparison = (params: RunParams, baseId: string | undefined) =>
  operation('compare_job_runs', { params, query: baseId === undefined ? {} : { base_id: baseId } });
export const runLogComparison = (params: RunParams, baseId: string | undefined) =>
  operation('compare_job_run_logs', { params, query: baseId === undefined ? {} : { base_id: baseId } });

/** What changed since `baseId`, or since the last completed run of the job. */
export const runChanges = (params: RunParams, baseId: string | undefined) =>
  operation('get_job_run_changes', { params, query: baseId === undefined ? {} : { base_id: baseId } });
