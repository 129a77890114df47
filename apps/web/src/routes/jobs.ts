import { createRoute, lazyRouteComponent, notFound } from '@tanstack/react-router';
import { z } from 'zod';
import { findJob } from '../pages/jobs/find-job.ts';
import { jobList, nextStartsOfJobs, runsOfJob, ticksOfJob, trendOfJob } from '../pages/jobs/job-queries.ts';
import { lineageSearch } from '../search/lineage-search.ts';
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
    show: searchWord(['starred', 'paused', 'archived']),
    sort: searchText,
  }),
  loaderDeps: ({ search }) => search,
  loader: async ({ context: { queryClient }, params, deps }) => {
    // In the background: the list is readable before the next starts arrive.
    void queryClient.prefetchQuery(nextStartsOfJobs(params.workspaceId));
    await queryClient.prefetchInfiniteQuery(jobList(params.workspaceId, deps));
  },
  component: lazyRouteComponent(() => import('../pages/jobs/jobs-page.tsx'), 'JobsPage'),
});

/** `$job` is the id of a job or its ref: the dlthub client opens both kinds of URL. */
export const job = createRoute({
  getParentRoute: () => workspace,
  path: '/jobs/$job',
  validateSearch: z.object({
    tab: searchWord(['runs', 'schedule', 'backfill', 'graph', 'lineage', 'versions', 'definition']),
    /** The backfill whose windows are shown. */
    backfill: searchText,
    /** The month of the schedule: 2026-01. */
    month: searchText,
    ...lineageSearch,
  }),
  loader: async ({ context: { queryClient }, params }) => {
    const jobId = await findJob(queryClient, params.workspaceId, params.job);
    if (jobId === null) throw notFound();
    const { workspaceId } = params;
    void queryClient.prefetchQuery(trendOfJob(workspaceId, jobId));
    await Promise.all([
      queryClient.prefetchQuery(ticksOfJob(workspaceId, jobId)),
      queryClient.prefetchInfiniteQuery(runsOfJob(workspaceId, jobId)),
    ]);
    return { jobId };
  },
  component: lazyRouteComponent(() => import('../pages/jobs/job-page.tsx'), 'JobPage'),
});
