import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { searchText } from '../search/search-params.ts';
import { workspace } from './workspace.ts';

export const deployments = createRoute({
  getParentRoute: () => workspace,
  path: '/deployments',
  component: lazyRouteComponent(() => import('../pages/versions/deployments-page.tsx'), 'DeploymentsPage'),
});

export const deployment = createRoute({
  getParentRoute: () => workspace,
  path: '/deployments/$deploymentId',
  validateSearch: z.object({ base: searchText, path: searchText }),
  component: lazyRouteComponent(() => import('../pages/versions/deployment-page.tsx'), 'DeploymentPage'),
});

export const configurations = createRoute({
  getParentRoute: () => workspace,
  path: '/configurations',
  component: lazyRouteComponent(
    () => import('../pages/versions/configurations-page.tsx'),
    'ConfigurationsPage',
  ),
});

export const configuration = createRoute({
  getParentRoute: () => workspace,
  path: '/configurations/$configurationId',
  validateSearch: z.object({ base: searchText, path: searchText }),
  component: lazyRouteComponent(
    () => import('../pages/versions/configuration-page.tsx'),
    'ConfigurationPage',
  ),
});
