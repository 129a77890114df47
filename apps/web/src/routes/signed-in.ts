import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { goToSignIn } from '../session/sign-in.ts';
import { organizationMe } from '../workspace/use-organization.ts';
import { operation } from '../api/operation.ts';
import { SignedOutError } from '../session/session.ts';
import { searchFlag } from '../search/search-params.ts';
import { readSession } from '../session/tokens.ts';
import { chooseWorkspace, readLastWorkspace } from '../workspace/last-workspace.ts';
import { Shell } from '../layout/shell.tsx';
import { z } from 'zod';

export const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({ component: Outlet });

export const callback = createRoute({
  getParentRoute: () => root,
  path: '/callback',
  component: lazyRouteComponent(() => import('../pages/sign-in/callback-page.tsx'), 'CallbackPage'),
});

/** Routes that need a signed-in user. Deep links survive: sign-in returns to the requested URL. */
export const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  beforeLoad: async ({ location, preload }) => {
    if (readSession()) return;
    // A preload is not a page that the user wants to return to.
    if (preload) throw new SignedOutError();
    await goToSignIn(location.href);
    // The browser is navigating away; render nothing meanwhile.
    await new Promise(() => undefined);
  },
  loader: ({ context }) => context.queryClient.ensureQueryData(operation('get_me')),
  component: Shell,
});

/** Redirects to the last workspace, of this browser or of the account, else to any workspace of the user. */
export const home = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  loader: async ({ context: { queryClient } }) => {
    const me = await queryClient.ensureQueryData(operation('get_me'));
    const organizationId = me.latest_organization.id;
    // Bypasses the cache: a user who has just left a workspace must not be redirected back to it.
    const { workspace_memberships: memberships = [] } = await queryClient.fetchQuery({
      ...operation('get_organization_me', { params: { organization_id: organizationId } }),
      staleTime: 0,
    });
    const workspace = chooseWorkspace(memberships, readLastWorkspace() ?? me.latest_workspace?.id);
    if (workspace) {
      throw redirect({ to: '/w/$workspaceId', params: { workspaceId: workspace.id }, replace: true });
    }
    throw redirect({ to: '/organizations/$organizationId', params: { organizationId }, replace: true });
  },
});

export const account = createRoute({
  getParentRoute: () => signedIn,
  path: '/account',
  loader: async ({ context: { queryClient } }) => {
    const me = await queryClient.ensureQueryData(operation('get_me'));
    await Promise.all([
      queryClient.ensureQueryData(operation('list_personal_keys')),
      queryClient.ensureQueryData(operation('list_account_sessions')),
      // The settings navigation also lists a workspace, which comes from this response.
      queryClient.ensureQueryData(organizationMe(me.latest_organization.id)),
    ]);
  },
  component: lazyRouteComponent(() => import('../pages/sign-in/account-page.tsx'), 'AccountPage'),
});

export const system = createRoute({
  getParentRoute: () => signedIn,
  path: '/system',
  validateSearch: z.object({ all: searchFlag }),
  loader: async ({ context: { queryClient } }) => {
    const me = await queryClient.ensureQueryData(operation('get_me'));
    const [access] = await Promise.all([
      queryClient.ensureQueryData(operation('get_installation_access')),
      // The settings navigation also lists a workspace, which comes from this response.
      queryClient.ensureQueryData(organizationMe(me.latest_organization.id)),
    ]);
    if (access.is_installation_owner) await queryClient.ensureQueryData(operation('get_system'));
  },
  component: lazyRouteComponent(() => import('../pages/doctor/system-page.tsx'), 'SystemPage'),
});
