import type { WorkspaceMembershipRole } from '@pumphouse/contract';
import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { ChangeForm, Explanation } from '../../forms/change-form.tsx';
import { useChange } from '../../forms/use-change.ts';
import { LoadingRows } from '../../ui/answers.tsx';
import { OptionSelect } from '../../ui/option-select.tsx';
import { Section } from '../../ui/page.tsx';
import { workspaceRoles, workspaceRoleLabels } from '../../permissions/role-texts.ts';
import { organizationMembers } from '../../workspace/use-people.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

interface AddMemberProps {
  /** Memberships with a role assigned in this workspace. */
  known: ReadonlySet<string>;
  onOutcome: (text: string) => void;
}

const nobody: { membership_id: string; role: WorkspaceMembershipRole } = {
  membership_id: '',
  role: 'viewer',
};

/** Assigns a workspace role to a member of the organization. */
export function AddMember({ known, onOutcome }: AddMemberProps) {
  const { me, params, whyNot } = useWorkspace();
  const playground = me.workspace.is_playground ? 'Playgrounds have one member.' : null;
  const refused = whyNot('workspace-member.set-role') ?? playground;
  const mayNotList = whyNot('member.list');
  const { data, isPending } = useQuery({
    ...organizationMembers(me.organization.id),
    enabled: mayNotList === null && refused === null,
  });
  const candidates = (data?.items ?? []).filter(({ membership_id }) => !known.has(membership_id));
  const change = useChange({
    initial: nobody,
    check: ({ membership_id }) =>
      membership_id === '' ? [{ key: 'membership_id', message: 'select a member' }] : [],
    send: ({ membership_id, role }) =>
      api.call('set_workspace_member', { params: { ...params, membership_id }, body: { role } }),
    onDone: ({ email, role }) => {
      void fetchAnew(queryClient, ['list_workspace_access', 'list_organization_members']);
      change.set('membership_id', '');
      onOutcome(`${email} is now ${role}.`);
    },
  });
  if (refused !== null || mayNotList !== null) return <WhyNotAdd reason={refused ?? mayNotList ?? ''} />;
  // A form that disappears again would take what was typed with it.
  if (isPending) {
    return (
      <Section title="Add a member">
        <LoadingRows count={1} />
      </Section>
    );
  }
  if (data && candidates.length === 0) {
    return (
      <Section title="Add a member">
        <Explanation>
          All members of {me.organization.name} have a role in this workspace. Invite others below.
        </Explanation>
      </Section>
    );
  }
  return (
    <Section title="Add a member">
      <ChangeForm change={change} action="Add member" isRow>
        <NativeSelect
          label="Member"
          description={`Members of ${me.organization.name} without an assigned role here.`}
          value={change.values.membership_id}
          error={change.problems.membership_id}
          data={[
            { value: '', label: 'Select…' },
            ...candidates.map(({ membership_id, email }) => ({ value: membership_id, label: email })),
          ]}
          onChange={(event) => change.set('membership_id', event.currentTarget.value)}
        />
        <OptionSelect
          label="Role"
          description={workspaceRoleLabels[change.values.role]}
          value={change.values.role}
          options={workspaceRoles}
          onChoose={(role) => change.set('role', role)}
        />
      </ChangeForm>
    </Section>
  );
}

function WhyNotAdd({ reason }: { reason: string }) {
  return (
    <Section title="Add a member">
      <Explanation>{reason}</Explanation>
    </Section>
  );
}
