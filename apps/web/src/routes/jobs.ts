import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { searchList, searchText, searchWord } from '../search/search-params.ts';
import { workspace } from './workspace.ts';

export const jobs = createRoute({
  getParentRoute: () => workspace,
  path: '/jobs',
  validateSearch: z.object({
    q: searchText,
    status: searchList,
    trigger_kind: searchList,
    tags: searchList,
    show: searchWord(['paused', 'archived']),
    sort: searchWord(['name', 'last_run_at', 'next_start_at']),
  }),
  component: lazyRouteComponent(() => import('../pages/jobs/jobs-page.tsx'), 'JobsPage'),
});

/** `$job` is the id of a job or its ref: the dlthub client opens either. */
export const job = createRoute({
  getParentRoute: () => workspace,
  path: '/jobs/$job',
  validateSearch: z.object({ tab: searchWord(['runs', 'schedule', 'graph', 'versions', 'definition']) }),
  component: lazyRouteComponent(() => import('../pages/jobs/job-page.tsx'), 'JobPage'),
});
