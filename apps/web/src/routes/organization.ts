import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { operation } from '../api/operation.ts';
import { signedIn } from './signed-in.ts';

export const organization = createRoute({
  getParentRoute: () => signedIn,
  path: '/organizations/$organizationId',
  loader: ({ context, params }) =>
    context.queryClient.ensureQueryData(
      operation('get_organization_me', { params: { organization_id: params.organizationId } }),
    ),
  component: lazyRouteComponent(
    () => import('../pages/organization/organization-layout.tsx'),
    'OrganizationLayout',
  ),
});

export const organizationWorkspaces = createRoute({
  getParentRoute: () => organization,
  path: '/',
  component: lazyRouteComponent(() => import('../pages/organization/workspaces-page.tsx'), 'WorkspacesPage'),
});

export const organizationMembers = createRoute({
  getParentRoute: () => organization,
  path: '/members',
  component: lazyRouteComponent(
    () => import('../pages/organization/members-page.tsx'),
    'OrganizationMembersPage',
  ),
});

export const organizationUsage = createRoute({
  getParentRoute: () => organization,
  path: '/usage',
  component: lazyRouteComponent(
    () => import('../pages/organization/usage-page.tsx'),
    'OrganizationUsagePage',
  ),
});

export const organizationStorage = createRoute({
  getParentRoute: () => organization,
  path: '/storage',
  component: lazyRouteComponent(() => import('../pages/organization/storage-page.tsx'), 'StoragePage'),
});

export const organizationAuditLog = createRoute({
  getParentRoute: () => organization,
  path: '/audit-log',
  component: lazyRouteComponent(
    () => import('../pages/organization/audit-log-page.tsx'),
    'OrganizationAuditLogPage',
  ),
});

export const organizationSettings = createRoute({
  getParentRoute: () => organization,
  path: '/settings',
  component: lazyRouteComponent(
    () => import('../pages/organization/organization-settings-page.tsx'),
    'OrganizationSettingsPage',
  ),
});
