import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { incidentsOf, rulesOf } from '../pages/alerts/alert-queries.ts';
import { workspace } from './workspace.ts';

export const alerts = createRoute({
  getParentRoute: () => workspace,
  path: '/alerts',
  loader: async ({ context: { queryClient }, params: { workspaceId } }) => {
    void queryClient.prefetchInfiniteQuery(incidentsOf(workspaceId, false));
    void queryClient.prefetchInfiniteQuery(incidentsOf(workspaceId, true));
    await queryClient.ensureQueryData(rulesOf(workspaceId));
  },
  component: lazyRouteComponent(() => import('../pages/alerts/incidents-page.tsx'), 'AlertsPage'),
});

export const alertRules = createRoute({
  getParentRoute: () => workspace,
  path: '/alerts/rules',
  loader: ({ context: { queryClient }, params: { workspaceId } }) =>
    queryClient.ensureQueryData(rulesOf(workspaceId)),
  component: lazyRouteComponent(() => import('../pages/alerts/rules-page.tsx'), 'AlertRulesPage'),
});
