import { useQuery } from '@tanstack/react-query';
import { operation } from '../api/operation.ts';

/** All members of a workspace, including keys. */
export const workspaceAccess = (workspaceId: string) =>
  operation('list_workspace_access', {
    params: { workspace_id: workspaceId },
    query: { limit: 1000, sort: ['email'], order: ['asc'] },
  });

/** All members of an organization, sorted by email. */
export const organizationMembers = (organizationId: string) =>
  operation('list_organization_members', {
    params: { organization_id: organizationId },
    query: { limit: 1000, sort: ['email'], order: ['asc'] },
  });

/**
 * @returns a function that returns the display name of an account or membership id: the email, or the name of
 * the key. It takes both, since versions refer to accounts and variables to memberships.
 */
export function usePeople(workspaceId: string): (id: string) => string {
  const { data } = useQuery(workspaceAccess(workspaceId));
  const names = new Map(
    data?.items.flatMap(({ user_id, membership_id, kind, email, name }) => {
      const text = kind === 'human' ? email : `API key ${name ?? email}`;
      return [
        [user_id, text],
        [membership_id, text],
      ] as const;
    }),
  );
  return (id) => names.get(id) ?? (data ? 'former member' : '…');
}
