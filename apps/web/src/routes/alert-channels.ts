import type { QueryClient } from '@tanstack/react-query';
import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { channelsOf, deliveriesOf, deliveryStatuses } from '../pages/alerts/alert-queries.ts';
import { loadIfAllowed } from './load-if-allowed.ts';
import { rolesInWorkspace, workspaceMe } from '../workspace/use-workspace.ts';
import { searchText, searchWord } from '../search/search-params.ts';
import { workspace } from './workspace.ts';

const rolesIn = async (queryClient: QueryClient, workspaceId: string) =>
  rolesInWorkspace(await queryClient.ensureQueryData(workspaceMe(workspaceId)));

export const alertChannels = createRoute({
  getParentRoute: () => workspace,
  path: '/alerts/channels',
  loader: ({ context: { queryClient }, params: { workspaceId } }) =>
    loadIfAllowed(rolesIn(queryClient, workspaceId), 'alert-channel.read', () =>
      queryClient.ensureQueryData(channelsOf(workspaceId)),
    ),
  component: lazyRouteComponent(() => import('../pages/alerts/channels-page.tsx'), 'AlertChannelsPage'),
});

export const alertDeliveries = createRoute({
  getParentRoute: () => workspace,
  path: '/alerts/deliveries',
  validateSearch: z.object({ channel: searchText, status: searchWord(deliveryStatuses) }),
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient }, params: { workspaceId }, deps }) =>
    loadIfAllowed(rolesIn(queryClient, workspaceId), 'alert-channel.read', async () => {
      void queryClient.prefetchInfiniteQuery(deliveriesOf(workspaceId, deps));
      await queryClient.ensureQueryData(channelsOf(workspaceId));
    }),
  component: lazyRouteComponent(() => import('../pages/alerts/deliveries-page.tsx'), 'AlertDeliveriesPage'),
});
