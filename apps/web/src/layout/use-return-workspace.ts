import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { chooseWorkspace, readLastWorkspace } from '../workspace/last-workspace.ts';
import { operation } from '../api/operation.ts';
import { organizationMe } from '../workspace/use-organization.ts';

/**
 * The workspace to return to from a page of an organization or of the account: the one visited last, if the user
 * still has a role in it, else any of the organization. Undefined until it is known, and without one.
 */
export function useReturnWorkspace(isNeeded: boolean): { id: string; name: string } | undefined {
  const { data: me } = useSuspenseQuery(operation('get_me'));
  const { organizationId } = useParams({ strict: false });
  const { data: roles } = useQuery({
    ...organizationMe(organizationId ?? me.latest_organization.id),
    enabled: isNeeded,
  });
  return isNeeded ? chooseWorkspace(roles?.workspace_memberships, readLastWorkspace()) : undefined;
}
