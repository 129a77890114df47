import type { InvitationResponse } from '@pumphouse/contract';
import { readAll } from '../../paging/read-all.ts';
import type { Attributes, Entry } from '../entries/entry.ts';
import { grantPrefix } from '../kinds/people.ts';
import type { Reader } from './reader.ts';

/** Reads the members of an organization and its pending invitations. */
export async function readPeople(
  { client, ids }: Reader,
  organization_id: string,
  organization: string,
): Promise<Entry[]> {
  const params = { organization_id };
  const members = await readAll((page) => client.call('list_organization_members', { params, query: page }));
  const invitations = await readAll((page) =>
    client.call('list_invitations', { params, query: { ...page, status: ['pending'] } }),
  );
  const entries = members.map(({ email, membership_id, role }): Entry => {
    const path = [organization, email.toLowerCase()];
    ids.set('member', path, membership_id);
    return { kind: 'member', path, attributes: { role } };
  });
  const byAddress = Map.groupBy(invitations, ({ email }) => email.toLowerCase());
  return [
    ...entries,
    ...[...byAddress].map(([email, ofUser]): Entry => {
      const path = [organization, email];
      ids.set('invitation', path, ofUser.map(({ id }) => id).join(' '));
      return { kind: 'invitation', path, attributes: mergeInvitations(ofUser) };
    }),
  ];
}

const ranks = ['collaborator', 'viewer', 'member', 'developer', 'owner'];

/** A user with several invitations gets the highest role of each kind. */
function mergeInvitations(invitations: readonly InvitationResponse[]): Attributes {
  const merged: Record<string, string> = {};
  const raise = (name: string, role: string) => {
    if (ranks.indexOf(role) >= ranks.indexOf(merged[name] ?? '')) merged[name] = role;
  };
  for (const { role, workspaces } of invitations) {
    raise('role', role);
    for (const workspace of workspaces) raise(`${grantPrefix}${workspace.name}`, workspace.role);
  }
  return merged;
}
