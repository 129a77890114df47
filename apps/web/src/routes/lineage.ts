import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { lineageOf } from '../pages/lineage/lineage-queries.ts';
import { lineageSearch } from '../search/lineage-search.ts';
import { workspace } from './workspace.ts';

export const lineage = createRoute({
  getParentRoute: () => workspace,
  path: '/lineage',
  validateSearch: z.object(lineageSearch),
  loaderDeps: ({ search }) => ({ expanded: search.expanded }),
  loader: ({ context: { queryClient }, params: { workspaceId }, deps }) => {
    // In the background: the frame of the page is there before the graph.
    void queryClient.prefetchQuery(lineageOf(workspaceId, deps));
  },
  component: lazyRouteComponent(() => import('../pages/lineage/lineage-page.tsx'), 'LineagePage'),
});
