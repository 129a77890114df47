import type { QueryClient } from '@tanstack/react-query';
import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { auditLogSearch } from '../pages/audit/audit-log-search.ts';
import { costQuery, workspaceCostSearch } from '../pages/cost/cost-search.ts';
import { eventDeliveriesOf, eventDeliveryStatuses, subscriptionsOf } from '../pages/events/event-queries.ts';
import { loadIfAllowed } from './load-if-allowed.ts';
import { localDataOf } from '../pages/local-data/local-data-queries.ts';
import { operation } from '../api/operation.ts';
import { operationPages } from '../api/operation-pages.ts';
import { rolesInWorkspace, workspaceMe } from '../workspace/use-workspace.ts';
import { searchText, searchWord } from '../search/search-params.ts';
import { usageQuery, usageRanges } from '../pages/workspaces/usage-range.ts';
import { workspace } from './workspace.ts';
import { workspaceAccess } from '../workspace/use-people.ts';
import { shownZone } from '../ui/time-zone.ts';

const rolesIn = async (queryClient: QueryClient, workspaceId: string) =>
  rolesInWorkspace(await queryClient.ensureQueryData(workspaceMe(workspaceId)));

export const settings = createRoute({
  getParentRoute: () => workspace,
  path: '/settings',
  component: lazyRouteComponent(() => import('../pages/workspaces/settings-layout.tsx'), 'SettingsLayout'),
});

export const workspaceSettings = createRoute({
  getParentRoute: () => settings,
  path: '/',
  component: lazyRouteComponent(
    () => import('../pages/workspaces/workspace-settings-page.tsx'),
    'WorkspaceSettingsPage',
  ),
});

export const variables = createRoute({
  getParentRoute: () => settings,
  path: '/variables',
  loader: ({ context: { queryClient }, params: { workspaceId } }) =>
    loadIfAllowed(rolesIn(queryClient, workspaceId), 'variable.read', () =>
      queryClient.ensureQueryData(
        operation('list_workspace_variables', { params: { workspace_id: workspaceId } }),
      ),
    ),
  component: lazyRouteComponent(() => import('../pages/variables/variables-page.tsx'), 'VariablesPage'),
});

export const workspaceMembers = createRoute({
  getParentRoute: () => settings,
  path: '/members',
  loader: ({ context, params }) => context.queryClient.ensureQueryData(workspaceAccess(params.workspaceId)),
  component: lazyRouteComponent(
    () => import('../pages/people/workspace-members-page.tsx'),
    'WorkspaceMembersPage',
  ),
});

export const workspaceKeys = createRoute({
  getParentRoute: () => settings,
  path: '/keys',
  loader: ({ context: { queryClient }, params: { workspaceId } }) =>
    loadIfAllowed(rolesIn(queryClient, workspaceId), 'workspace-key.list', () =>
      queryClient.ensureQueryData(
        operation('list_workspace_keys', { params: { workspace_id: workspaceId } }),
      ),
    ),
  component: lazyRouteComponent(() => import('../pages/keys/keys-page.tsx'), 'WorkspaceKeysPage'),
});

export const webhooks = createRoute({
  getParentRoute: () => settings,
  path: '/webhooks',
  loader: ({ context: { queryClient }, params: { workspaceId } }) =>
    loadIfAllowed(rolesIn(queryClient, workspaceId), 'webhook.read', () =>
      queryClient.ensureQueryData(operation('list_webhooks', { params: { workspace_id: workspaceId } })),
    ),
  component: lazyRouteComponent(() => import('../pages/webhooks/webhooks-page.tsx'), 'WebhooksPage'),
});

export const events = createRoute({
  getParentRoute: () => settings,
  path: '/events',
  validateSearch: z.object({ subscription: searchText, status: searchWord(eventDeliveryStatuses) }),
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient }, params: { workspaceId }, deps }) =>
    loadIfAllowed(rolesIn(queryClient, workspaceId), 'event-subscription.read', async () => {
      void queryClient.prefetchInfiniteQuery(eventDeliveriesOf(workspaceId, deps));
      await queryClient.ensureQueryData(subscriptionsOf(workspaceId));
    }),
  component: lazyRouteComponent(() => import('../pages/events/events-page.tsx'), 'EventsPage'),
});

export const localData = createRoute({
  getParentRoute: () => settings,
  path: '/data',
  loader: ({ context, params }) => context.queryClient.ensureQueryData(localDataOf(params.workspaceId)),
  component: lazyRouteComponent(() => import('../pages/local-data/local-data-page.tsx'), 'LocalDataPage'),
});

export const workspaceUsage = createRoute({
  getParentRoute: () => settings,
  path: '/usage',
  validateSearch: z.object({ days: searchWord(usageRanges) }),
  loaderDeps: ({ search }) => search,
  loader: async ({ context: { queryClient }, params: { workspaceId }, deps }) => {
    const input = { params: { workspace_id: workspaceId }, query: usageQuery(deps.days, Date.now()) };
    await Promise.all([
      queryClient.ensureQueryData(operation('get_workspace_usage', input)),
      queryClient.ensureQueryData(operation('get_workspace_usage_by_job', input)),
    ]);
  },
  component: lazyRouteComponent(
    () => import('../pages/workspaces/workspace-usage-page.tsx'),
    'WorkspaceUsagePage',
  ),
});

export const workspaceCost = createRoute({
  getParentRoute: () => settings,
  path: '/cost',
  validateSearch: workspaceCostSearch,
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient }, params: { workspaceId }, deps: { days, by = 'job' } }) =>
    queryClient.ensureQueryData(
      operation('get_workspace_cost', {
        params: { workspace_id: workspaceId },
        query: costQuery({ days, by }, Date.now()),
      }),
    ),
  component: lazyRouteComponent(() => import('../pages/cost/workspace-cost-page.tsx'), 'WorkspaceCostPage'),
});

export const workspaceAuditLog = createRoute({
  getParentRoute: () => settings,
  path: '/audit-log',
  validateSearch: auditLogSearch,
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient }, params: { workspaceId }, deps }) =>
    loadIfAllowed(rolesIn(queryClient, workspaceId), 'workspace-audit-log.read', async () => {
      // It lists all actions, which no other page needs.
      const { auditLogQuery } = await import('../pages/audit/audit-log-query.ts');
      return queryClient.ensureInfiniteQueryData(
        operationPages('list_workspace_audit_log', {
          params: { workspace_id: workspaceId },
          query: auditLogQuery(deps, shownZone()),
        }),
      );
    }),
  component: lazyRouteComponent(
    () => import('../pages/audit/workspace-audit-log-page.tsx'),
    'WorkspaceAuditLogPage',
  ),
});
