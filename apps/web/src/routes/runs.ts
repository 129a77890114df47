import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { searchList, searchNumber, searchText, searchWord } from '../search/search-params.ts';
import { workspace } from './workspace.ts';

export const runs = createRoute({
  getParentRoute: () => workspace,
  path: '/runs',
  validateSearch: z.object({
    q: searchText,
    status: searchList,
    job_id: searchText,
    trigger_kind: searchList,
    profile: searchList,
    pipeline_name: searchList,
  }),
  component: lazyRouteComponent(() => import('../pages/runs/runs-page.tsx'), 'RunsPage'),
});

export const run = createRoute({
  getParentRoute: () => workspace,
  path: '/runs/$jobRunId',
  validateSearch: z.object({
    tab: searchWord(['log', 'pipelines', 'attempts', 'details']),
    line: searchNumber,
    find: searchText,
    stream: searchWord(['stdout', 'stderr']),
  }),
  component: lazyRouteComponent(() => import('../pages/runs/run-page.tsx'), 'RunPage'),
});

export const compareRuns = createRoute({
  getParentRoute: () => workspace,
  path: '/runs/$jobRunId/compare',
  validateSearch: z.object({ base: searchText }),
  component: lazyRouteComponent(() => import('../pages/runs/compare-runs-page.tsx'), 'CompareRunsPage'),
});
