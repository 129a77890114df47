import {
  createWorkspaceInvitationRequest,
  type CreatedInvitationResponse,
  type WorkspaceMembershipRole,
} from '@pumphouse/contract';
import { TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { operationPages } from '../../api/operation-pages.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { ChangeForm } from '../../forms/change-form.tsx';
import { findBodyProblems } from '../../forms/field-problems.ts';
import { useChange } from '../../forms/use-change.ts';
import { OptionSelect } from '../../ui/option-select.tsx';
import { Section } from '../../ui/page.tsx';
import { workspaceRoles, workspaceRoleLabels } from '../../permissions/role-texts.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { InvitationLink } from './invitation-link.tsx';
import { WaitingInvitations } from './waiting-invitations.tsx';

/** Invitations to a single workspace. Those who accept become collaborators of its organization. */
export function WorkspaceInvitations({ onOutcome }: { onOutcome: (text: string) => void }) {
  const { params, whyNot } = useWorkspace();
  const refused = whyNot('workspace-invitation.list');
  const list = useInfiniteQuery({
    ...operationPages('list_workspace_invitations', { params }),
    enabled: refused === null,
  });
  return (
    <WaitingInvitations
      list={list}
      refused={refused}
      whyNotRevoke={whyNot('workspace-invitation.revoke')}
      revoke={(invitation_id) =>
        api.call('revoke_workspace_invitation', { params: { ...params, invitation_id } })
      }
      onOutcome={onOutcome}
    >
      <InviteToWorkspace />
    </WaitingInvitations>
  );
}

const noInvitation: { email: string; role: WorkspaceMembershipRole } = { email: '', role: 'viewer' };

function InviteToWorkspace() {
  const { me, params, whyNot } = useWorkspace();
  const [created, setCreated] = useState<CreatedInvitationResponse | null>(null);
  const change = useChange({
    initial: noInvitation,
    check: (values) => findBodyProblems(createWorkspaceInvitationRequest, values),
    send: (body) => api.call('create_workspace_invitation', { params, body }),
    onDone: (answer) => {
      setCreated(answer);
      change.set('email', '');
      void fetchAnew(queryClient, ['list_workspace_invitations', 'list_invitations']);
    },
  });
  const playground = me.workspace.is_playground ? 'Playgrounds have one member.' : null;
  return (
    <Section title="Invite a collaborator">
      <ChangeForm
        change={change}
        action="Send invitation"
        isRow
        whyNot={whyNot('workspace-invitation.create') ?? playground}
      >
        <TextInput
          type="email"
          label="Email"
          description={`They get access to this workspace only, not to the rest of ${me.organization.name}.`}
          autoComplete="off"
          value={change.values.email}
          error={change.problems.email}
          onChange={(event) => change.set('email', event.currentTarget.value)}
        />
        <OptionSelect
          label="Role"
          description={workspaceRoleLabels[change.values.role]}
          value={change.values.role}
          error={change.problems.role}
          options={workspaceRoles}
          onChoose={(role) => change.set('role', role)}
        />
      </ChangeForm>
      {created && <InvitationLink invitation={created} onClose={() => setCreated(null)} />}
    </Section>
  );
}
