import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { signedIn } from './signed-in.ts';
import { WorkspaceLayout } from '../workspace/workspace-layout.tsx';
import { workspaceMe } from '../workspace/use-workspace.ts';

export const workspace = createRoute({
  getParentRoute: () => signedIn,
  path: '/w/$workspaceId',
  loader: ({ context, params }) => context.queryClient.ensureQueryData(workspaceMe(params.workspaceId)),
  component: WorkspaceLayout,
});

export const overview = createRoute({
  getParentRoute: () => workspace,
  path: '/',
  component: lazyRouteComponent(() => import('../pages/overview/overview-page.tsx'), 'OverviewPage'),
});
