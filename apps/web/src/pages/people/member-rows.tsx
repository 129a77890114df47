import type { WorkspaceAccessResponse, WorkspaceMembershipRole } from '@pumphouse/contract';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { ActionsHead } from '../../look/actions-head.tsx';
import { AskingButton } from '../../look/asking-button.tsx';
import { ErrorNotice } from '../../look/answers.tsx';
import table from '../../look/table.module.css';
import { ClockTime } from '../../look/time.tsx';
import { workspaceRoles } from '../../permissions/role-words.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import people from './people.module.css';
import { Person } from './person.tsx';
import { RoleChoice } from './role-choice.tsx';
import { explainRole } from './role-source.ts';

interface MemberRowsProps {
  people: readonly WorkspaceAccessResponse[];
  onOutcome: (text: string) => void;
}

/** The people of a workspace: what each may do and why, with the means to change it. */
export function MemberRows({ people: members, onOutcome }: MemberRowsProps) {
  const { me, params, whyNot } = useWorkspace();
  const playground = me.workspace.is_playground ? 'A playground has one member.' : null;
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
          ? `${email} is ${role} now.`
          : `${email} stays ${role}, by what the organization gives all its members.`,
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
              <th scope="col">Person</th>
              <th scope="col">Effective role</th>
              <th scope="col">Source</th>
              <th scope="col">Role given here</th>
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
                    label={`Role given to ${member.email}`}
                    roles={workspaceRoles}
                    value={member.own_role as WorkspaceMembershipRole | null}
                    none="none"
                    whyNot={
                      mayNotSet ?? (member.user_id === me.user_id ? 'Nobody changes their own role.' : null)
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

/** Takes the role that somebody was given here, or lets one go oneself. */
function RemoveMember({ member, isYou, whyNot, onOutcome }: RemoveMemberProps) {
  const { me, params } = useWorkspace();
  const navigate = useNavigate();
  const isLost = isYou && member.default_role === null;
  const noRole =
    member.own_role === null
      ? 'Was given no role here; what the organization gives all its members is taken in its settings.'
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
      onDone={() => isLost || onOutcome(`${member.email} has no role of their own here any more.`)}
    >
      {describeLoss(member)} Keys of the workspace stay; replace those that they made, since they have seen
      them.
    </AskingButton>
  );
}

function describeLoss({ default_role, organization_role }: WorkspaceAccessResponse): string {
  if (default_role !== null)
    return `They keep the role ${default_role}, which the organization gives all its members.`;
  return organization_role === 'collaborator'
    ? 'They lose this workspace at once, and with their last workspace the organization too.'
    : 'They lose this workspace at once, and stay in the organization.';
}
