import { useQuery } from '@tanstack/react-query';
import { operation } from '../api/operation.ts';

/** Everybody with a role in a workspace, keys among them. */
export const workspaceAccess = (workspaceId: string) =>
  operation('list_workspace_access', {
    params: { workspace_id: workspaceId },
    query: { limit: 1000, sort: ['email'], order: ['asc'] },
  });

/** Everybody in an organization, by e-mail address. */
export const organizationMembers = (organizationId: string) =>
  operation('list_organization_members', {
    params: { organization_id: organizationId },
    query: { limit: 1000, sort: ['email'], order: ['asc'] },
  });

/**
 * @returns what to call the account or the membership with an id, since versions name the one and variables the other: its e-mail address, or
 * the name of the key that it stands for
 */
export function usePeople(workspaceId: string): (id: string) => string {
  const { data } = useQuery(workspaceAccess(workspaceId));
  const names = new Map(
    data?.items.flatMap(({ user_id, membership_id, kind, email, name }) => {
      const words = kind === 'human' ? email : `key ${name ?? email}`;
      return [
        [user_id, words],
        [membership_id, words],
      ] as const;
    }),
  );
  return (id) => names.get(id) ?? (data ? 'somebody who has left' : '…');
}
