import type { OrganizationMeResponse, WorkspaceMeResponse } from '@pumphouse/contract';
import { useQueryClient, useSuspenseQuery, type QueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { chooseWorkspace, readLastWorkspace } from '../workspace/last-workspace.ts';
import { operation } from '../api/operation.ts';

interface Named {
  id: string;
  name: string;
}

interface SettingsScopes {
  /** Null if the user has no workspace in the organization. */
  workspace: Named | null;
  organization: Named;
  email: string;
}

/**
 * Returns the workspace, organization and account whose settings pages the navigation lists. On a page of an
 * organization, the workspace is the one visited last.
 */
export function useSettingsScopes(): SettingsScopes {
  const { data: me } = useSuspenseQuery(operation('get_me'));
  const { workspaceId, organizationId } = useParams({ strict: false });
  const cache = useQueryClient();
  const visited = listVisited(cache);
  const here = visited.find(({ workspace }) => workspace.id === workspaceId);
  if (here) return { workspace: here.workspace, organization: here.organization, email: me.email };
  const from = visited.find(({ organization }) => organization.id === (organizationId ?? organization.id));
  const organization =
    me.organization_memberships?.find((each) => each.organization.id === organizationId)?.organization ??
    from?.organization ??
    me.latest_organization;
  const roles = cache.getQueryData<OrganizationMeResponse>(
    operation('get_organization_me', { params: { organization_id: organization.id } }).queryKey,
  );
  const last = chooseWorkspace(roles?.workspace_memberships, readLastWorkspace());
  return { workspace: from?.workspace ?? last ?? null, organization, email: me.email };
}

/** Workspaces that the cache knows, the one fetched last first. */
function listVisited(cache: QueryClient): WorkspaceMeResponse[] {
  return cache
    .getQueriesData<WorkspaceMeResponse>({ queryKey: ['get_workspace_me'] })
    .map(([key, data]) => ({ data, fetchedAt: cache.getQueryState(key)?.dataUpdatedAt ?? 0 }))
    .toSorted((one, other) => other.fetchedAt - one.fetchedAt)
    .flatMap(({ data }) => data ?? []);
}
