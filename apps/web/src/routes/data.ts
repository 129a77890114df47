import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { searchList, searchText, searchWord } from '../search/search-params.ts';
import { workspace } from './workspace.ts';

export const pipelines = createRoute({
  getParentRoute: () => workspace,
  path: '/pipelines',
  validateSearch: z.object({ q: searchText, status: searchList, days: searchWord(['7', '30', '90', '365']) }),
  component: lazyRouteComponent(() => import('../pages/pipelines/pipelines-page.tsx'), 'PipelinesPage'),
});

export const pipeline = createRoute({
  getParentRoute: () => workspace,
  path: '/pipelines/$pipelineName',
  validateSearch: z.object({
    tab: searchWord(['tables', 'runs', 'schema', 'history']),
    schema: searchText,
    version: searchText,
    base: searchText,
    days: searchWord(['7', '30', '90', '365']),
  }),
  component: lazyRouteComponent(() => import('../pages/pipelines/pipeline-page.tsx'), 'PipelinePage'),
});

export const datasets = createRoute({
  getParentRoute: () => workspace,
  path: '/datasets',
  validateSearch: z.object({ q: searchText, days: searchWord(['7', '30', '90', '365']) }),
  component: lazyRouteComponent(() => import('../pages/datasets/datasets-page.tsx'), 'DatasetsPage'),
});

export const dataset = createRoute({
  getParentRoute: () => workspace,
  path: '/datasets/$datasetName',
  validateSearch: z.object({ days: searchWord(['7', '30', '90', '365']) }),
  component: lazyRouteComponent(() => import('../pages/datasets/dataset-page.tsx'), 'DatasetPage'),
});
