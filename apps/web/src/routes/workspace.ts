import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { signedIn } from './signed-in.ts';
import { workspaceMe } from '../workspace/use-workspace.ts';

export const workspace = createRoute({
  getParentRoute: () => signedIn,
  path: '/w/$workspaceId',
  loader: ({ context, params }) => context.queryClient.ensureQueryData(workspaceMe(params.workspaceId)),
});

export const overview = createRoute({
  getParentRoute: () => workspace,
  path: '/',
  component: lazyRouteComponent(() => import('../pages/overview/overview-page.tsx'), 'OverviewPage'),
});
