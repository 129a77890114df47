import {
  organizationMembershipRole,
  type OrganizationMeResponse,
  type Permission,
} from '@pumphouse/contract';
import { useSuspenseQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { operation } from '../api/operation.ts';
import { whyNot, type Roles } from '../permissions/permissions.ts';

export const organizationMe = (organizationId: string) =>
  operation('get_organization_me', { params: { organization_id: organizationId } });

/**
 * A role in an organization implies no role in its workspaces. A role of a newer server that this console does
 * not know grants nothing.
 */
export function rolesInOrganization(me: OrganizationMeResponse): Roles {
  return { organization: organizationMembershipRole.safeParse(me.role).data ?? null, workspace: null };
}

export interface CurrentOrganization {
  id: string;
  /** Path parameters for operations. */
  params: { organization_id: string };
  me: OrganizationMeResponse;
  /** Why the user lacks a permission, as a sentence; null if they have it. */
  whyNot: (permission: Permission) => string | null;
}

/** The organization of the page and the user's role in it. The route loads it before any page renders. */
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
