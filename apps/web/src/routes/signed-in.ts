import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { z } from 'zod';
import { goToSignIn } from '../session/sign-in.ts';
import { organizationMe } from '../workspace/use-organization.ts';
import { operation } from '../api/operation.ts';
import { SignedOutError } from '../session/session.ts';
import { readSession } from '../session/tokens.ts';
import { readLastWorkspace } from '../workspace/last-workspace.ts';
import { Shell } from '../layout/shell.tsx';

export const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({ component: Outlet });

export const callback = createRoute({
  getParentRoute: () => root,
  path: '/callback',
  validateSearch: z.looseObject({}),
  component: lazyRouteComponent(() => import('../pages/sign-in/callback-page.tsx'), 'CallbackPage'),
});

/** All that takes a person. Deep links survive: the way back leads through the sign-in. */
export const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  beforeLoad: async ({ location, preload }) => {
    if (readSession()) return;
    // A link that is only pointed at is not where the person wants to return.
    if (preload) throw new SignedOutError();
    await goToSignIn(location.href);
    // The browser is leaving; nothing is drawn meanwhile.
    await new Promise(() => undefined);
  },
  loader: ({ context }) => context.queryClient.ensureQueryData(operation('get_me')),
  component: Shell,
});

/** Leads to where the person was last, in this browser or at all, else to any workspace of theirs. */
export const home = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  loader: async ({ context: { queryClient } }) => {
    const me = await queryClient.ensureQueryData(operation('get_me'));
    const organizationId = me.latest_organization.id;
    // Asked anew: who has just left a workspace is not led back to it.
    const { workspace_memberships: memberships = [] } = await queryClient.fetchQuery({
      ...operation('get_organization_me', { params: { organization_id: organizationId } }),
      staleTime: 0,
    });
    const theirs = memberships.map(({ workspace }) => workspace).filter((each) => !each.archived_at);
    const last = readLastWorkspace() ?? me.latest_workspace?.id;
    const workspace = theirs.find(({ id }) => id === last) ?? theirs[0];
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
      // Beside the account stand the settings of a workspace, which this leads to.
      queryClient.ensureQueryData(organizationMe(me.latest_organization.id)),
    ]);
  },
  component: lazyRouteComponent(() => import('../pages/sign-in/account-page.tsx'), 'AccountPage'),
});
