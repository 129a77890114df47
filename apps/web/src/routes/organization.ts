import type { QueryClient } from '@tanstack/react-query';
import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { auditLogSearch } from '../pages/audit/audit-log-search.ts';
import { costQuery, organizationCostSearch } from '../pages/cost/cost-search.ts';
import { loadIfAllowed } from './load-if-allowed.ts';
import { operation } from '../api/operation.ts';
import { operationPages } from '../api/operation-pages.ts';
import { organizationMe, rolesInOrganization } from '../workspace/use-organization.ts';
import { organizationMembers as membersOf } from '../workspace/use-people.ts';
import { searchFlag, searchWord } from '../search/search-params.ts';
import { signedIn } from './signed-in.ts';
import { usageQuery, usageRanges } from '../pages/workspaces/usage-range.ts';
import { workersOf } from '../pages/workers/workers-query.ts';
import { shownZone } from '../ui/time-zone.ts';

const rolesIn = async (queryClient: QueryClient, organizationId: string) =>
  rolesInOrganization(await queryClient.ensureQueryData(organizationMe(organizationId)));

export const organization = createRoute({
  getParentRoute: () => signedIn,
  path: '/organizations/$organizationId',
  loader: ({ context, params }) => context.queryClient.ensureQueryData(organizationMe(params.organizationId)),
  component: lazyRouteComponent(
    () => import('../pages/workspaces/organization-layout.tsx'),
    'OrganizationLayout',
  ),
});

export const organizationWorkspaces = createRoute({
  getParentRoute: () => organization,
  path: '/',
  validateSearch: z.object({ archived: searchFlag }),
  loaderDeps: ({ search }) => search,
  loader: ({ context, params, deps }) =>
    context.queryClient.ensureInfiniteQueryData(
      operationPages('list_workspaces', {
        params: { organization_id: params.organizationId },
        query: { include_archived: deps.archived === true, sort: ['name'], order: ['asc'] },
      }),
    ),
  component: lazyRouteComponent(() => import('../pages/workspaces/workspaces-page.tsx'), 'WorkspacesPage'),
});

export const organizationMembers = createRoute({
  getParentRoute: () => organization,
  path: '/members',
  loader: ({ context: { queryClient }, params: { organizationId } }) =>
    loadIfAllowed(rolesIn(queryClient, organizationId), 'member.list', () =>
      queryClient.ensureQueryData(membersOf(organizationId)),
    ),
  component: lazyRouteComponent(
    () => import('../pages/people/organization-members-page.tsx'),
    'OrganizationMembersPage',
  ),
});

export const organizationUsage = createRoute({
  getParentRoute: () => organization,
  path: '/usage',
  validateSearch: z.object({ days: searchWord(usageRanges) }),
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient }, params: { organizationId }, deps }) =>
    loadIfAllowed(rolesIn(queryClient, organizationId), 'organization-usage.read', () => {
      const params = { organization_id: organizationId };
      return Promise.all([
        queryClient.ensureQueryData(
          operation('get_organization_usage', { params, query: usageQuery(deps.days, Date.now()) }),
        ),
        queryClient.ensureQueryData(operation('get_organization_limits', { params })),
      ]);
    }),
  component: lazyRouteComponent(
    () => import('../pages/workspaces/organization-usage-page.tsx'),
    'OrganizationUsagePage',
  ),
});

export const organizationCost = createRoute({
  getParentRoute: () => organization,
  path: '/cost',
  validateSearch: organizationCostSearch,
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient }, params: { organizationId }, deps: { days, by = 'workspace' } }) =>
    loadIfAllowed(rolesIn(queryClient, organizationId), 'organization-cost.read', () => {
      const params = { organization_id: organizationId };
      return Promise.all([
        queryClient.ensureQueryData(
          operation('get_organization_cost', { params, query: costQuery({ days, by }, Date.now()) }),
        ),
        queryClient.ensureQueryData(operation('get_cost_rates', { params })),
      ]);
    }),
  component: lazyRouteComponent(
    () => import('../pages/cost/organization-cost-page.tsx'),
    'OrganizationCostPage',
  ),
});

export const organizationStorage = createRoute({
  getParentRoute: () => organization,
  path: '/storage',
  loader: ({ context: { queryClient }, params: { organizationId } }) =>
    loadIfAllowed(rolesIn(queryClient, organizationId), 'organization-storage.read', () =>
      queryClient.ensureQueryData(
        operation('get_organization_storage', { params: { organization_id: organizationId } }),
      ),
    ),
  component: lazyRouteComponent(() => import('../pages/workspaces/storage-page.tsx'), 'StoragePage'),
});

export const organizationWorkers = createRoute({
  getParentRoute: () => organization,
  path: '/workers',
  loader: ({ context: { queryClient }, params: { organizationId } }) =>
    loadIfAllowed(rolesIn(queryClient, organizationId), 'worker.list', () =>
      queryClient.ensureQueryData(workersOf(organizationId)),
    ),
  component: lazyRouteComponent(() => import('../pages/workers/workers-page.tsx'), 'WorkersPage'),
});

export const organizationAuditLog = createRoute({
  getParentRoute: () => organization,
  path: '/audit-log',
  validateSearch: auditLogSearch,
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient }, params: { organizationId }, deps }) =>
    loadIfAllowed(rolesIn(queryClient, organizationId), 'organization-audit-log.read', async () => {
      // It lists all actions, which no other page needs.
      const { auditLogQuery } = await import('../pages/audit/audit-log-query.ts');
      return queryClient.ensureInfiniteQueryData(
        operationPages('list_organization_audit_log', {
          params: { organization_id: organizationId },
          query: auditLogQuery(deps, shownZone()),
        }),
      );
    }),
  component: lazyRouteComponent(
    () => import('../pages/audit/organization-audit-log-page.tsx'),
    'OrganizationAuditLogPage',
  ),
});

export const organizationSettings = createRoute({
  getParentRoute: () => organization,
  path: '/settings',
  loader: ({ context, params }) =>
    context.queryClient.ensureQueryData(
      operation('get_organization_settings', { params: { organization_id: params.organizationId } }),
    ),
  component: lazyRouteComponent(
    () => import('../pages/workspaces/organization-settings-page.tsx'),
    'OrganizationSettingsPage',
  ),
});
