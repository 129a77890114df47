import type { WorkspaceAccessResponse } from '@pumphouse/contract';
import { useState } from 'react';
import { useSuspenseQuery } from '@tanstack/react-query';
import { Explanation, Outcome } from '../../forms/change-form.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { workspaceAccess } from '../../workspace/use-people.ts';
import { AddMember } from './add-member.tsx';
import { MemberRows } from './member-rows.tsx';
import { WorkspaceInvitations } from './workspace-invitations.tsx';

/** Members and pending invitations of a workspace. */
export function WorkspaceMembersPage() {
  const workspace = useWorkspace();
  const { data } = useSuspenseQuery(workspaceAccess(workspace.id));
  const [outcome, setOutcome] = useState<string | null>(null);
  const people = data.items.filter(({ kind }) => kind === 'human');
  return (
    <Page
      title="Members"
      lead="Members of this workspace, their roles and where the roles come from. Workspace keys are on the Keys page."
    >
      <Outcome text={outcome} />
      <Section title={`Members (${people.length})`}>
        <MemberRows people={people} onOutcome={setOutcome} />
        {data.next_cursor != null && (
          <Explanation>Showing the first {data.items.length}, sorted by email.</Explanation>
        )}
      </Section>
      <AddMember known={withOwnRole(people)} onOutcome={setOutcome} />
      <WorkspaceInvitations onOutcome={setOutcome} />
    </Page>
  );
}

function withOwnRole(people: readonly WorkspaceAccessResponse[]): ReadonlySet<string> {
  return new Set(
    people.filter(({ own_role }) => own_role !== null).map(({ membership_id }) => membership_id),
  );
}
