import { operation } from '../api/operation.ts';
import { operationPages } from '../api/operation-pages.ts';
import { dayWindow, type DayChoice } from './day-window.ts';

/** Maximum number of series in one response of the server. */
const maxSeries = 100;
/**
 * A workspace has few pipelines and datasets, so lists are fetched whole, then searched and sorted in the
 * browser.
 */
const wholeList = 1000;
/** Number of recent schema versions whose changes are shown in lists. */
const newestChanges = 200;

/*
 * Queries of the pipeline and dataset pages. Route loaders fetch them while the page chunk loads; the pages
 * then use the same query keys and find the cached responses.
 */

/** Passing time makes data stale and causes no event, so poll. */
const clockEveryMs = 60_000;

export const pipelineFreshness = (workspaceId: string) => ({
  ...operation('list_pipeline_freshness', {
    params: { workspace_id: workspaceId },
    query: { limit: wholeList },
  }),
  refetchInterval: clockEveryMs,
});

export const datasetFreshness = (workspaceId: string) => ({
  ...operation('list_dataset_freshness', {
    params: { workspace_id: workspaceId },
    query: { limit: wholeList },
  }),
  refetchInterval: clockEveryMs,
});

export const pipelineStats = (workspaceId: string, days: DayChoice | undefined) =>
  operation('list_pipeline_stats', {
    params: { workspace_id: workspaceId },
    query: { ...dayWindow(days), limit: wholeList },
  });

export const pipelineSeries = (workspaceId: string, days: DayChoice | undefined) =>
  operation('list_pipeline_daily_series', {
    params: { workspace_id: workspaceId },
    query: { ...dayWindow(days), limit: maxSeries },
  });

export const newestSchemaChanges = (workspaceId: string) =>
  operation('list_schema_changes', {
    params: { workspace_id: workspaceId },
    query: { limit: newestChanges },
  });

const pipelineParams = (workspaceId: string, pipelineName: string) => ({
  workspace_id: workspaceId,
  pipeline_name: pipelineName,
});

export const pipelineOverview = (workspaceId: string, pipelineName: string) =>
  operation('get_pipeline_overview', { params: pipelineParams(workspaceId, pipelineName) });

export const seriesOfPipeline = (workspaceId: string, pipelineName: string, days: DayChoice | undefined) =>
  operation('list_pipeline_daily_series', {
    params: { workspace_id: workspaceId },
    query: { ...dayWindow(days), pipeline_name: [pipelineName], limit: 0 },
  });

/** @param window limits the list to runs recorded in this window */
export const runsOfPipeline = (
  workspaceId: string,
  pipelineName: string,
  window: { start?: string | undefined; end?: string | undefined },
) =>
  operationPages('list_pipeline_runs', {
    params: { workspace_id: workspaceId },
    query: { ...window, pipeline_name: [pipelineName], limit: 50 },
  });

/** Why runs failed, for those that their job run failed because of. @param ids at most 100 */
export const failuresOfPipelineRuns = (workspaceId: string, ids: readonly string[]) =>
  operation('list_pipeline_run_failures', {
    params: { workspace_id: workspaceId },
    query: { pipeline_run_id: [...ids] },
  });

export const pipelineRun = (workspaceId: string, pipelineRunId: string) =>
  operation('get_pipeline_run', {
    params: { workspace_id: workspaceId, pipeline_run_id: pipelineRunId },
  });

export const pipelineSchemas = (workspaceId: string, pipelineName: string) =>
  operation('list_pipeline_schemas', { params: pipelineParams(workspaceId, pipelineName) });

/** One schema of a pipeline. */
export interface SchemaScope {
  workspaceId: string;
  pipelineName: string;
  schemaName: string;
}

const schemaParams = ({ workspaceId, pipelineName, schemaName }: SchemaScope) => ({
  ...pipelineParams(workspaceId, pipelineName),
  schema_name: schemaName,
});

export const schemaVersions = (scope: SchemaScope) =>
  operationPages('list_schema_versions', { params: schemaParams(scope), query: { limit: 50 } });

export const schemaVersion = (scope: SchemaScope, versionHash: string) =>
  operation('get_schema_version', { params: { ...schemaParams(scope), version_hash: versionHash } });

/** @param baseHash undefined to compare with the previous version */
export const schemaDifference = (scope: SchemaScope, versionHash: string, baseHash: string | undefined) =>
  operation('compare_schema_versions', {
    params: { ...schemaParams(scope), version_hash: versionHash },
    query: { base_hash: baseHash },
  });

/** Datasets of all time, so that the list also has datasets without recent loads. */
export const allDatasets = (workspaceId: string) =>
  operation('list_dataset_stats', { params: { workspace_id: workspaceId }, query: { limit: wholeList } });

export const datasetStats = (workspaceId: string, days: DayChoice | undefined) =>
  operation('list_dataset_stats', {
    params: { workspace_id: workspaceId },
    query: { ...dayWindow(days), limit: wholeList },
  });

export const datasetSeries = (workspaceId: string, days: DayChoice | undefined) =>
  operation('list_dataset_daily_series', {
    params: { workspace_id: workspaceId },
    query: { ...dayWindow(days), limit: maxSeries },
  });

export const datasetOverview = (workspaceId: string, datasetName: string) =>
  operation('get_dataset_overview', {
    params: { workspace_id: workspaceId, dataset_name: datasetName },
  });

export const seriesOfDataset = (workspaceId: string, datasetName: string, days: DayChoice | undefined) =>
  operation('list_dataset_daily_series', {
    params: { workspace_id: workspaceId },
    query: { ...dayWindow(days), dataset_name: [datasetName], limit: 0 },
  });

export const changesOfDataset = (workspaceId: string, datasetName: string) =>
  operationPages('list_schema_changes', {
    params: { workspace_id: workspaceId },
    query: { dataset_name: [datasetName], limit: 20 },
  });
