import type { QueryClient } from '@tanstack/react-query';
import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { LazyCauseCard } from '../pages/runs/cause/lazy-cause-card.ts';
import { logFilters } from '../log/log-position.ts';
import {
  runChanges,
  runComparison,
  runCounts,
  runTimeline,
  runList,
  runOverview,
  runPipelines,
  runResources,
  type RunParams,
} from '../pages/runs/run-queries.ts';
import { runSearch } from '../pages/runs/run-search.ts';
import { searchText, searchWord } from '../search/search-params.ts';
import { workspace } from './workspace.ts';

export const runs = createRoute({
  getParentRoute: () => workspace,
  path: '/runs',
  validateSearch: runSearch,
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient }, params, deps }) => {
    const nowMs = Date.now();
    void queryClient.prefetchQuery(runCounts(params.workspaceId, deps, nowMs));
    return queryClient.prefetchInfiniteQuery(runList(params.workspaceId, deps, nowMs));
  },
  component: lazyRouteComponent(() => import('../pages/runs/runs-page.tsx'), 'RunsPage'),
});

/** A page does not wait longer than this for why its run failed. */
const causeWaitMs = 300;

/**
 * Loads a run, and what changed before it if it failed, which is shown at the top of its page: the log below would
 * move when it arrives.
 */
async function loadRun(queryClient: QueryClient, params: RunParams): Promise<void> {
  const { reason } = await queryClient.ensureQueryData(runOverview(params));
  if (reason === null) return;
  const cause = Promise.all([
    queryClient.prefetchQuery({ ...runChanges(params, undefined), retry: false }),
    LazyCauseCard.preload?.(),
  ]);
  await Promise.race([cause, new Promise((resolve) => setTimeout(resolve, causeWaitMs))]);
}

export const run = createRoute({
  getParentRoute: () => workspace,
  path: '/runs/$jobRunId',
  validateSearch: z.object({
    tab: searchWord(['log', 'pipelines', 'attempts', 'details']),
    find: searchText,
    show: searchWord(logFilters),
    line: searchText,
    line_end: searchText,
  }),
  loader: async ({ context: { queryClient }, params: { workspaceId, jobRunId } }) => {
    const params = { workspace_id: workspaceId, job_run_id: jobRunId };
    await Promise.all([
      loadRun(queryClient, params),
      // A failure here must not block the page: its sections retry and show their own errors.
      queryClient.prefetchQuery({ ...runTimeline(params), retry: false }),
      queryClient.prefetchQuery({ ...runPipelines(params), retry: false }),
      queryClient.prefetchQuery({ ...runResources(params), retry: false }),
    ]);
  },
  component: lazyRouteComponent(() => import('../pages/runs/run-page.tsx'), 'RunPage'),
});

export const compareRuns = createRoute({
  getParentRoute: () => workspace,
  path: '/runs/$jobRunId/compare',
  validateSearch: z.object({ base: searchText }),
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient }, params: { workspaceId, jobRunId }, deps }) =>
    queryClient.ensureQueryData(
      runComparison({ workspace_id: workspaceId, job_run_id: jobRunId }, deps.base),
    ),
  component: lazyRouteComponent(() => import('../pages/runs/compare-runs-page.tsx'), 'CompareRunsPage'),
});
