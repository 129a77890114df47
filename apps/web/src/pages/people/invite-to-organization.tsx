import {
  createInvitationRequest,
  type CreatedInvitationResponse,
  type OrganizationMembershipRole,
  type WorkspaceMembershipRole,
} from '@pumphouse/contract';
import { TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { operation } from '../../api/operation.ts';
import { queryClient } from '../../api/query-client.ts';
import { ChangeForm } from '../../forms/change-form.tsx';
import { findBodyProblems } from '../../forms/field-problems.ts';
import { useChange } from '../../forms/use-change.ts';
import { OptionSelect } from '../../ui/option-select.tsx';
import { Section } from '../../ui/page.tsx';
import { organizationRoles, organizationRoleLabels } from '../../permissions/role-texts.ts';
import { useOrganization } from '../../workspace/use-organization.ts';
import { InvitationLink } from './invitation-link.tsx';
import { GrantList } from './grant-list.tsx';

interface Values {
  email: string;
  role: OrganizationMembershipRole;
  workspaces: { workspace_id: string; role: WorkspaceMembershipRole }[];
}

const nothing: Values = { email: '', role: 'member', workspaces: [] };

/** Form that invites a person with a role in the organization and optional workspace roles. */
export function InviteToOrganization() {
  const { params, whyNot } = useOrganization();
  const [created, setCreated] = useState<CreatedInvitationResponse | null>(null);
  const { data } = useQuery(
    operation('list_workspaces', { params, query: { limit: 1000, sort: ['name'], order: ['asc'] } }),
  );
  const change = useChange<Values, CreatedInvitationResponse>({
    initial: nothing,
    check: findProblems,
    fieldOf: (key) => (key.startsWith('workspaces') ? 'workspaces' : key),
    send: (body) => api.call('create_invitation', { params, body }),
    onDone: (answer) => {
      setCreated(answer);
      change.set('email', '');
      change.set('workspaces', []);
      void fetchAnew(queryClient, ['list_invitations', 'list_workspace_invitations']);
    },
  });
  const { values, problems } = change;
  return (
    <Section title="Invite to the organization">
      <ChangeForm change={change} action="Send invitation" whyNot={whyNot('invitation.create')}>
        <TextInput
          type="email"
          label="Email"
          description="The person accepts with an existing account or creates one."
          autoComplete="off"
          value={values.email}
          error={problems.email}
          onChange={(event) => change.set('email', event.currentTarget.value)}
        />
        <OptionSelect
          label="Role in the organization"
          description={organizationRoleLabels[values.role]}
          value={values.role}
          error={problems.role}
          options={organizationRoles}
          onChoose={(role) => change.set('role', role)}
        />
        <GrantList
          grants={values.workspaces}
          workspaces={(data?.items ?? []).filter(({ is_playground }) => !is_playground)}
          error={problems.workspaces}
          onChange={(workspaces) => change.set('workspaces', workspaces)}
        />
      </ChangeForm>
      {created && <InvitationLink invitation={created} onClose={() => setCreated(null)} />}
    </Section>
  );
}

function findProblems(values: Values) {
  const needsWorkspace = values.role === 'collaborator' && values.workspaces.length === 0;
  return [
    ...findBodyProblems(createInvitationRequest, values),
    ...(needsWorkspace
      ? [{ key: 'workspaces', message: 'a collaborator needs at least one workspace' }]
      : []),
  ];
}
