import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { firstRun, overviewQueries } from '../pages/overview/overview-queries.ts';
import { searchWord } from '../search/search-params.ts';
import { signedIn } from './signed-in.ts';
import { WorkspaceError } from '../workspace/workspace-error.tsx';
import { WorkspaceLayout } from '../workspace/workspace-layout.tsx';
import { workspaceMe } from '../workspace/use-workspace.ts';

export const workspace = createRoute({
  getParentRoute: () => signedIn,
  path: '/w/$workspaceId',
  // Before the loaders of its pages: none of them asks for an unknown workspace.
  beforeLoad: async ({ context, params }) => {
    await context.queryClient.ensureQueryData(workspaceMe(params.workspaceId));
  },
  component: WorkspaceLayout,
  errorComponent: WorkspaceError,
});

export const overview = createRoute({
  getParentRoute: () => workspace,
  path: '/',
  validateSearch: z.object({ window: searchWord(['24h', '7d', '30d']) }),
  loaderDeps: ({ search }) => search,
  loader: async ({ context: { queryClient }, params, deps }) => {
    const queries = overviewQueries(params.workspaceId, deps.window ?? '24h');
    // Await only the data at the top of the page; the rest may arrive later.
    void queryClient.prefetchQuery(queries.starts);
    void queryClient.prefetchQuery(queries.stale);
    void queryClient.prefetchQuery(queries.fresh);
    void queryClient.prefetchQuery(queries.changes);
    void queryClient.prefetchQuery(queries.days);
    await Promise.all([
      queryClient.prefetchQuery(queries.series),
      queryClient.prefetchQuery(queries.failing),
      queryClient.prefetchQuery(queries.recent),
      queryClient.prefetchQuery(queries.active),
      queryClient.prefetchQuery(firstRun(params.workspaceId)),
    ]);
  },
  component: lazyRouteComponent(() => import('../pages/overview/overview-page.tsx'), 'OverviewPage'),
});
