import type { OrganizationMemberResponse, OrganizationMembershipRole } from '@pumphouse/contract';
import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { ActionsHead } from '../../ui/actions-head.tsx';
import { AskingButton } from '../../ui/asking-button.tsx';
import { ErrorNotice } from '../../ui/answers.tsx';
import table from '../../ui/table.module.css';
import { ClockTime } from '../../ui/time.tsx';
import { organizationRoles } from '../../permissions/role-texts.ts';
import { useOrganization } from '../../workspace/use-organization.ts';
import people from './people.module.css';
import { Person } from './person.tsx';
import { RoleChoice } from './role-choice.tsx';

interface OrganizationMemberRowsProps {
  members: readonly OrganizationMemberResponse[];
  onOutcome: (text: string) => void;
}

export function OrganizationMemberRows({ members, onOutcome }: OrganizationMemberRowsProps) {
  const { me, params, whyNot } = useOrganization();
  const setRole = useMutation({
    mutationFn: ({ membership_id, role }: { membership_id: string; role: OrganizationMembershipRole }) =>
      api.call('set_organization_member_role', { params: { ...params, membership_id }, body: { role } }),
    onSuccess: async ({ email, role }) => {
      await fetchAnew(queryClient, ['list_organization_members', 'list_workspace_access']);
      onOutcome(`${email} is now ${role} of the organization.`);
    },
  });
  return (
    <>
      {setRole.error !== null && <ErrorNotice error={setRole.error} />}
      <div className={table.scroll}>
        <table className={table.table}>
          <thead>
            <tr>
              <th scope="col">Member</th>
              <th scope="col">Role</th>
              <th scope="col">Workspace roles</th>
              <th scope="col">Joined</th>
              <ActionsHead />
            </tr>
          </thead>
          <tbody>
            {members.map((member) => {
              const isYou = member.user_id === me.user_id;
              return (
                <tr key={member.membership_id}>
                  <td data-wide="true">
                    <Person
                      email={member.email}
                      name={member.name}
                      isDisabled={member.is_disabled}
                      isYou={isYou}
                    />
                  </td>
                  <td>
                    <RoleChoice
                      label={`Role of ${member.email}`}
                      roles={organizationRoles}
                      value={member.role}
                      whyNot={
                        whyNot('member.set-role') ?? (isYou ? 'You cannot change your own role.' : null)
                      }
                      onChoose={(role) => setRole.mutate({ membership_id: member.membership_id, role })}
                    />
                  </td>
                  <td data-wide="true">
                    <Given workspaces={member.workspaces} />
                  </td>
                  <td data-label="joined">
                    <ClockTime at={member.joined_at} />
                  </td>
                  <td>
                    <div className={people.actions}>
                      <EndMembership member={member} isYou={isYou} onOutcome={onOutcome} />
                    </div>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Given({ workspaces }: Pick<OrganizationMemberResponse, 'workspaces'>) {
  const { me } = useOrganization();
  const own = new Set(me.workspace_memberships?.map(({ workspace }) => workspace.id));
  if (workspaces.length === 0) return <span className="quiet">none</span>;
  return (
    <span className="linked-text">
      {workspaces.map(({ workspace_id, name, role }, index) => (
        <span key={workspace_id}>
          {index > 0 && ', '}
          {role} in{' '}
          {own.has(workspace_id) ? (
            <Link to="/w/$workspaceId/settings/members" params={{ workspaceId: workspace_id }}>
              {name}
            </Link>
          ) : (
            name
          )}
        </span>
      ))}
    </span>
  );
}

interface EndMembershipProps {
  member: OrganizationMemberResponse;
  isYou: boolean;
  onOutcome: (text: string) => void;
}

/** Removes a member from the organization, or lets the user leave. */
function EndMembership({ member, isYou, onOutcome }: EndMembershipProps) {
  const { me, params, whyNot } = useOrganization();
  const navigate = useNavigate();
  async function end(): Promise<void> {
    if (isYou) {
      await api.call('leave_organization', { params });
      await navigate({ to: '/', reloadDocument: true });
      return;
    }
    await api.call('remove_organization_member', {
      params: { ...params, membership_id: member.membership_id },
    });
    await fetchAnew(queryClient, ['list_organization_members', 'list_invitations']);
  }
  return (
    <AskingButton
      label={isYou ? 'Leave' : 'Remove'}
      aria-label={isYou ? 'Leave the organization' : `Remove ${member.email}`}
      whyNot={isYou ? whyNot('member.leave') : whyNot('member.remove')}
      question={isYou ? `Leave ${me.organization.name}?` : `Remove ${member.email}?`}
      typed={isYou ? me.organization.name : member.email}
      act={end}
      onDone={() => isYou || onOutcome(`${member.email} removed.`)}
    >
      {isYou ? 'You lose' : 'They lose'} access to all workspaces of {me.organization.name} immediately.{' '}
      {isYou ? 'Your' : 'Their'} pending invitations are revoked. Workspace keys keep working.
    </AskingButton>
  );
}
