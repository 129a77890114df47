import { useInfiniteQuery } from '@tanstack/react-query';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { operationPages } from '../../api/operation-pages.ts';
import { queryClient } from '../../api/query-client.ts';
import { Explanation } from '../../forms/change-form.tsx';
import { MoreRows } from '../../look/more-rows.tsx';
import { Section } from '../../look/page.tsx';
import { useOrganization } from '../../workspace/use-organization.ts';
import { InvitationRows } from '../people/invitation-rows.tsx';
import { InviteToOrganization } from './invite-to-organization.tsx';

/** Who was asked to come to the organization, and asking somebody. */
export function OrganizationInvitations({ onOutcome }: { onOutcome: (text: string) => void }) {
  const { params, whyNot } = useOrganization();
  const refused = whyNot('invitation.list');
  const list = useInfiniteQuery({
    ...operationPages('list_invitations', { params }),
    enabled: refused === null,
  });
  if (refused !== null) {
    return (
      <Section title="Invitations">
        <Explanation>
          Inviting people, and seeing who was invited, is not for everybody. {refused}
        </Explanation>
      </Section>
    );
  }
  return (
    <>
      <InviteToOrganization />
      <Section title="Invitations that wait">
        <InvitationRows
          invitations={list.data?.items ?? []}
          whyNotRevoke={whyNot('invitation.revoke')}
          revoke={(invitation_id) => api.call('revoke_invitation', { params: { ...params, invitation_id } })}
          onRevoked={(email) => {
            void fetchAnew(queryClient, ['list_invitations', 'list_workspace_invitations']);
            onOutcome(`The invitation of ${email} was revoked.`);
          }}
        />
        <MoreRows
          hasMore={list.hasNextPage}
          isLoading={list.isFetchingNextPage}
          onMore={() => void list.fetchNextPage()}
        />
      </Section>
    </>
  );
}
