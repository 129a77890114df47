import type { WorkspaceAccessResponse, WorkspaceMembershipRole } from '@pumphouse/contract';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { ActionsHead } from '../../ui/actions-head.tsx';
import { AskingButton } from '../../ui/asking-button.tsx';
import { ErrorNotice } from '../../ui/answers.tsx';
import table from '../../ui/table.module.css';
import { ClockTime } from '../../ui/time.tsx';
import { workspaceRoles } from '../../permissions/role-texts.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import people from './people.module.css';
import { Person } from './person.tsx';
import { RoleChoice } from './role-choice.tsx';
import { explainRole } from './role-source.ts';

interface MemberRowsProps {
  people: readonly WorkspaceAccessResponse[];
  onOutcome: (text: string) => void;
}

/** Table of workspace members with their effective role, its source and actions. */
export function MemberRows({ people: members, onOutcome }: MemberRowsProps) {
  const { me, params, whyNot } = useWorkspace();
  const playground = me.workspace.is_playground ? 'Playgrounds have one member.' : null;
  const setRole = useMutation({
    mutationFn: ({ member, role }: { member: WorkspaceAccessResponse; role: WorkspaceMembershipRole }) =>
      api.call('set_workspace_member', {
        params: { ...params, membership_id: member.membership_id },
        body: { role },
      }),
    onSuccess: async ({ email, role, own_role }) => {
      await fetchAnew(queryClient, ['list_workspace_access', 'list_organization_members']);
      onOutcome(
        role === own_role
          ? `${email} is now ${role}.`
          : `${email} is still ${role}, the default role of the organization’s members.`,
      );
    },
  });
  const mayNotSet = whyNot('workspace-member.set-role') ?? playground;
  const mayNotRemove = whyNot('workspace-member.remove') ?? playground;
  return (
    <>
      {setRole.error !== null && <ErrorNotice error={setRole.error} />}
      <div className={table.scroll}>
        <table className={table.table}>
          <thead>
            <tr>
              <th scope="col">Member</th>
              <th scope="col">Effective role</th>
              <th scope="col">Source</th>
              <th scope="col">Assigned role</th>
              <th scope="col">Since</th>
              <ActionsHead />
            </tr>
          </thead>
          <tbody>
            {members.map((member) => (
              <tr key={member.membership_id}>
                <td data-wide="true">
                  <Person
                    email={member.email}
                    name={member.name}
                    isDisabled={member.is_disabled}
                    isYou={member.user_id === me.user_id}
                  />
                </td>
                <td>
                  <strong>{member.role}</strong>
                </td>
                <td className="quiet">{explainRole(member)}</td>
                <td>
                  <RoleChoice
                    label={`Assigned role of ${member.email}`}
                    roles={workspaceRoles}
                    value={member.own_role}
                    none="none"
                    whyNot={
                      mayNotSet ?? (member.user_id === me.user_id ? 'You cannot change your own role.' : null)
                    }
                    onChoose={(role) => setRole.mutate({ member, role })}
                  />
                </td>
                <td data-label="since">
                  <ClockTime at={member.since} />
                </td>
                <td>
                  <div className={people.actions}>
                    <RemoveMember
                      member={member}
                      isYou={member.user_id === me.user_id}
                      whyNot={member.user_id === me.user_id ? playground : mayNotRemove}
                      onOutcome={onOutcome}
                    />
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

interface RemoveMemberProps {
  member: WorkspaceAccessResponse;
  isYou: boolean;
  whyNot: string | null;
  onOutcome: (text: string) => void;
}

/** Removes a member's assigned role, or lets the user leave. */
function RemoveMember({ member, isYou, whyNot, onOutcome }: RemoveMemberProps) {
  const { me, params } = useWorkspace();
  const navigate = useNavigate();
  const isLost = isYou && member.default_role === null;
  const noRole =
    member.own_role === null
      ? 'No role is assigned here. The default role is set in the organization settings.'
      : null;
  async function remove(): Promise<void> {
    await (isYou
      ? api.call('leave_workspace', { params })
      : api.call('remove_workspace_member', { params: { ...params, membership_id: member.membership_id } }));
    if (isLost) await navigate({ to: '/', reloadDocument: true });
    else
      await fetchAnew(queryClient, [
        'list_workspace_access',
        'list_organization_members',
        'get_workspace_me',
      ]);
  }
  return (
    <AskingButton
      label={isYou ? 'Leave' : 'Remove'}
      aria-label={isYou ? 'Leave this workspace' : `Remove ${member.email}`}
      whyNot={noRole ?? whyNot}
      question={isYou ? `Leave ${me.workspace.name}?` : `Remove ${member.email}?`}
      act={remove}
      onDone={() => isLost || onOutcome(`${member.email} no longer has an assigned role here.`)}
    >
      {describeLoss(member)} Workspace keys keep working. Replace the keys that this member created, since
      they have seen them.
    </AskingButton>
  );
}

function describeLoss({ default_role, organization_role }: WorkspaceAccessResponse): string {
  if (default_role !== null)
    return `They keep the role ${default_role}, the default role of the organization’s members.`;
  return organization_role === 'collaborator'
    ? 'They lose access to this workspace immediately, and with their last workspace also to the organization.'
    : 'They lose access to this workspace immediately, and stay in the organization.';
}
