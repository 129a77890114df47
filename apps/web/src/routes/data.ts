import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import {
  datasetFreshness,
  datasetOverview,
  datasetSeries,
  allDatasets,
  datasetStats,
  newestSchemaChanges,
  pipelineFreshness,
  pipelineOverview,
  pipelineSeries,
  pipelineStats,
  seriesOfDataset,
  seriesOfPipeline,
} from '../data/data-queries.ts';
import { dayChoices } from '../data/day-window.ts';
import { downstreamOfTable, tableOverview } from '../pages/pipelines/table/table-queries.ts';
import { lineageSearch } from '../search/lineage-search.ts';
import { searchList, searchText, searchWord } from '../search/search-params.ts';
import { workspace } from './workspace.ts';

const days = searchWord(dayChoices);

export const pipelines = createRoute({
  getParentRoute: () => workspace,
  path: '/pipelines',
  validateSearch: z.object({
    q: searchText,
    status: searchList,
    days,
    sort: searchText,
    view: searchWord(['board']),
  }),
  loaderDeps: ({ search }) => ({ days: search.days }),
  loader: ({ context: { queryClient }, params: { workspaceId }, deps }) =>
    Promise.all([
      queryClient.ensureQueryData(pipelineFreshness(workspaceId)),
      queryClient.ensureQueryData(pipelineStats(workspaceId, deps.days)),
      queryClient.ensureQueryData(pipelineSeries(workspaceId, deps.days)),
      queryClient.ensureQueryData(newestSchemaChanges(workspaceId)),
    ]),
  component: lazyRouteComponent(() => import('../pages/pipelines/pipelines-page.tsx'), 'PipelinesPage'),
});

export const pipeline = createRoute({
  getParentRoute: () => workspace,
  path: '/pipelines/$pipelineName',
  validateSearch: z.object({
    tab: searchWord(['tables', 'runs', 'schema', 'history', 'lineage', 'jobs']),
    /** Selected schema, if the pipeline has several. */
    schema: searchText,
    /** Schema tabs: hashes of the selected version and of the version to compare with. */
    version: searchText,
    base: searchText,
    table: searchText,
    /** Runs tab: the expanded run and the date range. */
    run: searchText,
    from: searchText,
    to: searchText,
    q: searchText,
    days,
    ...lineageSearch,
  }),
  loaderDeps: ({ search }) => ({ days: search.days }),
  loader: ({ context: { queryClient }, params: { workspaceId, pipelineName }, deps }) =>
    Promise.all([
      queryClient.ensureQueryData(pipelineOverview(workspaceId, pipelineName)),
      queryClient.ensureQueryData(seriesOfPipeline(workspaceId, pipelineName, deps.days)),
    ]),
  component: lazyRouteComponent(() => import('../pages/pipelines/pipeline-page.tsx'), 'PipelinePage'),
});

export const datasets = createRoute({
  getParentRoute: () => workspace,
  path: '/datasets',
  validateSearch: z.object({ q: searchText, days, sort: searchText }),
  loaderDeps: ({ search }) => ({ days: search.days }),
  loader: ({ context: { queryClient }, params: { workspaceId }, deps }) =>
    Promise.all([
      queryClient.ensureQueryData(allDatasets(workspaceId)),
      queryClient.ensureQueryData(datasetStats(workspaceId, deps.days)),
      queryClient.ensureQueryData(pipelineStats(workspaceId, deps.days)),
      queryClient.ensureQueryData(datasetSeries(workspaceId, deps.days)),
      queryClient.ensureQueryData(datasetFreshness(workspaceId)),
      queryClient.ensureQueryData(newestSchemaChanges(workspaceId)),
    ]),
  component: lazyRouteComponent(() => import('../pages/pipelines/datasets-page.tsx'), 'DatasetsPage'),
});

export const dataset = createRoute({
  getParentRoute: () => workspace,
  path: '/datasets/$datasetName',
  validateSearch: z.object({ q: searchText, days, ...lineageSearch }),
  loaderDeps: ({ search }) => ({ days: search.days }),
  loader: ({ context: { queryClient }, params: { workspaceId, datasetName }, deps }) =>
    Promise.all([
      queryClient.ensureQueryData(datasetOverview(workspaceId, datasetName)),
      queryClient.ensureQueryData(seriesOfDataset(workspaceId, datasetName, deps.days)),
    ]),
  component: lazyRouteComponent(() => import('../pages/pipelines/dataset-page.tsx'), 'DatasetPage'),
});

export const table = createRoute({
  getParentRoute: () => workspace,
  path: '/datasets/$datasetName/tables/$tableName',
  validateSearch: z.object({
    /** The schema that is shown, if several have the table. */
    pipeline: searchText,
    schema: searchText,
    /** The highlighted column. */
    column: searchText,
    /** Search text among the columns. */
    q: searchText,
    ...lineageSearch,
  }),
  loader: ({ context: { queryClient }, params }) => {
    void queryClient.prefetchQuery(downstreamOfTable(params));
    return queryClient.ensureQueryData(tableOverview(params));
  },
  component: lazyRouteComponent(() => import('../pages/pipelines/table/table-page.tsx'), 'TablePage'),
});
