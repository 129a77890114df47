import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { workspace } from './workspace.ts';

export const settings = createRoute({
  getParentRoute: () => workspace,
  path: '/settings',
  component: lazyRouteComponent(() => import('../pages/settings/settings-layout.tsx'), 'SettingsLayout'),
});

export const workspaceSettings = createRoute({
  getParentRoute: () => settings,
  path: '/',
  component: lazyRouteComponent(
    () => import('../pages/settings/workspace-settings-page.tsx'),
    'WorkspaceSettingsPage',
  ),
});

export const variables = createRoute({
  getParentRoute: () => settings,
  path: '/variables',
  component: lazyRouteComponent(() => import('../pages/settings/variables-page.tsx'), 'VariablesPage'),
});

export const workspaceMembers = createRoute({
  getParentRoute: () => settings,
  path: '/members',
  component: lazyRouteComponent(() => import('../pages/settings/members-page.tsx'), 'WorkspaceMembersPage'),
});

export const workspaceKeys = createRoute({
  getParentRoute: () => settings,
  path: '/keys',
  component: lazyRouteComponent(() => import('../pages/settings/keys-page.tsx'), 'WorkspaceKeysPage'),
});

export const webhooks = createRoute({
  getParentRoute: () => settings,
  path: '/webhooks',
  component: lazyRouteComponent(() => import('../pages/settings/webhooks-page.tsx'), 'WebhooksPage'),
});

export const workspaceUsage = createRoute({
  getParentRoute: () => settings,
  path: '/usage',
  component: lazyRouteComponent(() => import('../pages/settings/usage-page.tsx'), 'WorkspaceUsagePage'),
});

export const workspaceAuditLog = createRoute({
  getParentRoute: () => settings,
  path: '/audit-log',
  component: lazyRouteComponent(
    () => import('../pages/settings/audit-log-page.tsx'),
    'WorkspaceAuditLogPage',
  ),
});
