import type { OrganizationMeResponse, Permission } from '@pumphouse/contract';
import { useSuspenseQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { operation } from '../api/operation.ts';
import { whyNot, type Roles } from '../permissions/permissions.ts';

export const organizationMe = (organizationId: string) =>
  operation('get_organization_me', { params: { organization_id: organizationId } });

/** What somebody may in an organization says nothing of its workspaces. */
export function rolesInOrganization(me: OrganizationMeResponse): Roles {
  return { organization: me.role, workspace: null } as Roles;
}

export interface CurrentOrganization {
  id: string;
  /** As the path parameters of operations take it. */
  params: { organization_id: string };
  me: OrganizationMeResponse;
  /** Why the person may not, as a sentence; null when they may. */
  whyNot: (permission: Permission) => string | null;
}

/** The organization that the page is in, and what the person is there. The route has loaded it before any page is drawn. */
export function useOrganization(): CurrentOrganization {
  const { organizationId } = useParams({ from: '/signed-in/organizations/$organizationId' });
  const { data: me } = useSuspenseQuery(organizationMe(organizationId));
  return {
    id: organizationId,
    params: { organization_id: organizationId },
    me,
    whyNot: (permission) => whyNot(permission, rolesInOrganization(me)),
  };
}
