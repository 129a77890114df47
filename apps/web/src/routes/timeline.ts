import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { rangeNames } from '../pages/runs/timeline/time-view.ts';
import { searchFlag, searchList, searchText, searchWord } from '../search/search-params.ts';
import { timelineOf } from '../pages/runs/timeline/timeline-queries.ts';
import { groupings, viewOfSearch } from '../pages/runs/timeline/timeline-search.ts';
import { workspace } from './workspace.ts';

export const timeline = createRoute({
  getParentRoute: () => workspace,
  path: '/timeline',
  validateSearch: z.object({
    range: searchWord(rangeNames),
    from: searchText,
    to: searchText,
    group: searchWord(groupings),
    fold: searchList,
    q: searchText,
    idle: searchFlag,
    table: searchFlag,
  }),
  loaderDeps: ({ search: { range, from, to } }) => ({ range, from, to }),
  // Not awaited: a range that was moved must not wait for the data of the next one.
  loader: ({ context: { queryClient }, params, deps }) =>
    void queryClient.prefetchQuery(timelineOf(params.workspaceId, viewOfSearch(deps, Date.now()))),
  component: lazyRouteComponent(() => import('../pages/runs/timeline/timeline-page.tsx'), 'TimelinePage'),
});
