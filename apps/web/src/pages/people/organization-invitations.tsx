import { useInfiniteQuery } from '@tanstack/react-query';
import { api } from '../../api/api.ts';
import { operationPages } from '../../api/operation-pages.ts';
import { useOrganization } from '../../workspace/use-organization.ts';
import { WaitingInvitations } from './waiting-invitations.tsx';
import { InviteToOrganization } from './invite-to-organization.tsx';

/** Invitations to the organization. */
export function OrganizationInvitations({ onOutcome }: { onOutcome: (text: string) => void }) {
  const { params, whyNot } = useOrganization();
  const refused = whyNot('invitation.list');
  const list = useInfiniteQuery({
    ...operationPages('list_invitations', { params }),
    enabled: refused === null,
  });
  return (
    <WaitingInvitations
      list={list}
      refused={refused}
      whyNotRevoke={whyNot('invitation.revoke')}
      revoke={(invitation_id) => api.call('revoke_invitation', { params: { ...params, invitation_id } })}
      onOutcome={onOutcome}
    >
      <InviteToOrganization />
    </WaitingInvitations>
  );
}
