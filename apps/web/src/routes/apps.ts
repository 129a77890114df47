import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { appList, appQuery, visitorsOfApp } from '../pages/apps/app-queries.ts';
import { rolesInWorkspace, workspaceMe } from '../workspace/use-workspace.ts';
import { whyNot } from '../permissions/permissions.ts';
import { workspace } from './workspace.ts';

export const apps = createRoute({
  getParentRoute: () => workspace,
  path: '/apps',
  loader: ({ context: { queryClient }, params }) => queryClient.prefetchQuery(appList(params.workspaceId)),
  component: lazyRouteComponent(() => import('../pages/apps/apps-page.tsx'), 'AppsPage'),
});

export const app = createRoute({
  getParentRoute: () => workspace,
  path: '/apps/$jobId',
  loader: async ({ context: { queryClient }, params: { workspaceId, jobId } }) => {
    const me = await queryClient.ensureQueryData(workspaceMe(workspaceId));
    // Visitors are below the fold, so they may arrive later.
    if (whyNot('app.list-visitors', rolesInWorkspace(me)) === null)
      void queryClient.prefetchQuery(visitorsOfApp(workspaceId, jobId));
    await queryClient.ensureQueryData(appQuery(workspaceId, jobId));
  },
  component: lazyRouteComponent(() => import('../pages/apps/app-page.tsx'), 'AppPage'),
});
