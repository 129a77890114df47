import type { InvitationRecord, InvitedWorkspace } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';

/** A workspace of an invitation, with its role and name. */
export interface NamedWorkspace extends InvitedWorkspace {
  name: string;
}

/** Derives the status of an invitation for lists. */
export function statusOf(invitation: InvitationRecord): 'accepted' | 'revoked' | 'expired' | 'pending' {
  if (invitation.acceptedAt) return 'accepted';
  if (invitation.revokedAt) return 'revoked';
  return invitation.isExpired ? 'expired' : 'pending';
}

/** Adds the names of its workspaces to what an invitation offers. */
export async function nameWorkspaces(
  store: Pick<Store, 'workspaces'>,
  invitation: InvitationRecord,
): Promise<NamedWorkspace[]> {
  const named: NamedWorkspace[] = [];
  for (const one of invitation.workspaces)
    named.push({ ...one, name: (await store.workspaces.get(one.workspaceId))?.name ?? '' });
  return named;
}
