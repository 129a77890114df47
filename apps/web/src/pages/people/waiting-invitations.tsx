import type { InvitationResponse } from '@pumphouse/contract';
import type { ReactNode } from 'react';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { Explanation } from '../../forms/change-form.tsx';
import { MoreRows } from '../../ui/more-rows.tsx';
import { Section } from '../../ui/page.tsx';
import { InvitationRows } from './invitation-rows.tsx';

interface WaitingInvitationsProps {
  list: {
    data: { items: readonly InvitationResponse[] } | undefined;
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    fetchNextPage: () => Promise<unknown>;
  };
  /** Why the user may not see invitations; null if they may. */
  refused: string | null;
  whyNotRevoke: string | null;
  revoke: (invitationId: string) => Promise<unknown>;
  onOutcome: (text: string) => void;
  /** The invitation form. */
  children: ReactNode;
}

/** Invitation form and pending invitations of a workspace or an organization. */
export function WaitingInvitations(props: WaitingInvitationsProps) {
  const { list, refused, whyNotRevoke, revoke, onOutcome, children } = props;
  if (refused !== null) {
    return (
      <Section title="Invitations">
        <Explanation>You cannot view or send invitations. {refused}</Explanation>
      </Section>
    );
  }
  return (
    <>
      {children}
      <Section title="Pending invitations">
        <InvitationRows
          invitations={list.data?.items ?? []}
          whyNotRevoke={whyNotRevoke}
          revoke={revoke}
          onRevoked={(email) => {
            void fetchAnew(queryClient, ['list_invitations', 'list_workspace_invitations']);
            onOutcome(`Invitation for ${email} revoked.`);
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
