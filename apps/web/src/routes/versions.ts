import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { configurationsOf, deploymentsOf } from '../pages/versions/version-queries.ts';
import { operation } from '../api/operation.ts';
import { searchFlag, searchText } from '../search/search-params.ts';
import { workspace } from './workspace.ts';

/** Base of the comparison, the selected file, and whether to list unchanged files. */
const versionSearch = z.object({ base: searchText, path: searchText, all: searchFlag });

export const deployments = createRoute({
  getParentRoute: () => workspace,
  path: '/deployments',
  loader: ({ context, params }) =>
    context.queryClient.ensureInfiniteQueryData(deploymentsOf(params.workspaceId)),
  component: lazyRouteComponent(() => import('../pages/versions/deployments-page.tsx'), 'DeploymentsPage'),
});

export const deployment = createRoute({
  getParentRoute: () => workspace,
  path: '/deployments/$deploymentId',
  validateSearch: versionSearch,
  loader: ({ context, params }) =>
    context.queryClient.ensureQueryData(
      operation('get_deployment_overview', {
        params: { workspace_id: params.workspaceId, deployment_id: params.deploymentId },
      }),
    ),
  component: lazyRouteComponent(() => import('../pages/versions/deployment-page.tsx'), 'DeploymentPage'),
});

export const configurations = createRoute({
  getParentRoute: () => workspace,
  path: '/configurations',
  loader: ({ context, params }) =>
    context.queryClient.ensureInfiniteQueryData(configurationsOf(params.workspaceId)),
  component: lazyRouteComponent(
    () => import('../pages/versions/configurations-page.tsx'),
    'ConfigurationsPage',
  ),
});

export const configuration = createRoute({
  getParentRoute: () => workspace,
  path: '/configurations/$configurationId',
  validateSearch: versionSearch,
  loader: ({ context, params }) =>
    context.queryClient.ensureQueryData(
      operation('get_configuration', {
        params: { workspace_id: params.workspaceId, configuration_id: params.configurationId },
      }),
    ),
  component: lazyRouteComponent(
    () => import('../pages/versions/configuration-page.tsx'),
    'ConfigurationPage',
  ),
});
