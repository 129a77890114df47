import type {
  OrganizationWorkspaceResponse,
  WorkspaceHealthResponse,
  WorkspaceMembershipRole,
} from '@pumphouse/contract';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { ErrorNotice } from '../../ui/answers.tsx';
import table from '../../ui/table.module.css';
import { ClockTime, Time } from '../../ui/time.tsx';
import { describeHealth, listHealth } from '../../details/workspace-health.ts';
import { State } from '../../ui/state.tsx';
import { workspaceRoles } from '../../permissions/role-texts.ts';
import { useOrganization } from '../../workspace/use-organization.ts';
import classes from './workspaces.module.css';
import people from '../people/people.module.css';
import { RoleChoice } from '../people/role-choice.tsx';

interface WorkspaceRowsProps {
  workspaces: readonly OrganizationWorkspaceResponse[];
  /** Of the active workspaces in which the user has a role. */
  health: readonly WorkspaceHealthResponse[];
  onOutcome: (text: string) => void;
}

/**
 * Workspaces with the user's role in each. Organization owners see all workspaces and may assign themselves a
 * role.
 */
export function WorkspaceRows({ workspaces, health, onOutcome }: WorkspaceRowsProps) {
  const { me } = useOrganization();
  const roles = new Map(me.workspace_memberships?.map(({ workspace, role }) => [workspace.id, role]));
  const healthOf = new Map(health.map((each) => [each.workspace_id, each]));
  const take = useMutation({
    mutationFn: ({ workspaceId, role }: { workspaceId: string; role: WorkspaceMembershipRole }) =>
      api.call('set_workspace_member', {
        params: { workspace_id: workspaceId, membership_id: me.organization_membership_id },
        body: { role },
      }),
    onSuccess: async ({ role }, { workspaceId }) => {
      await fetchAnew(queryClient, ['get_organization_me', 'list_workspaces', 'get_workspace_me']);
      onOutcome(
        `You are now ${role} in ${workspaces.find(({ id }) => id === workspaceId)?.name ?? 'the workspace'}.`,
      );
    },
  });
  return (
    <>
      {take.error !== null && <ErrorNotice error={take.error} />}
      <div className={table.scroll}>
        <table className={table.table} aria-label="Workspaces">
          <thead>
            <tr>
              <th scope="col">Workspace</th>
              <th scope="col">State</th>
              <th scope="col">Last run</th>
              <th scope="col">Your role</th>
              <th scope="col">Owners</th>
              <th scope="col" className="number">
                Members
              </th>
              <th scope="col">Created</th>
            </tr>
          </thead>
          <tbody>
            {workspaces.map((workspace) => (
              <tr key={workspace.id}>
                <td data-wide="true">
                  <Name workspace={workspace} isOpen={roles.has(workspace.id)} />
                </td>
                <Health health={healthOf.get(workspace.id)} />
                <td>
                  {roles.get(workspace.id) ?? (
                    <RoleChoice
                      label={`Your role in ${workspace.name}`}
                      roles={workspaceRoles}
                      value={null}
                      none="none: assign one"
                      whyNot={null}
                      onChoose={(role) => take.mutate({ workspaceId: workspace.id, role })}
                    />
                  )}
                </td>
                <td data-label="owners">{describeOwners(workspace)}</td>
                <td className="number" data-label="members">
                  {workspace.member_count}
                </td>
                <td data-label="created">
                  <ClockTime at={workspace.created_at} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** Nothing is known of an archived workspace, and of one without a role for the user. */
function Health({ health }: { health: WorkspaceHealthResponse | undefined }) {
  if (health === undefined)
    return (
      <td colSpan={2} className="quiet">
        –
      </td>
    );
  const counted = listHealth(health);
  return (
    <>
      <td data-wide="true">
        <span className={classes.health}>
          {(counted.length === 0 ? [describeHealth(health)] : counted).map((look) => (
            <State key={look.word} look={look} />
          ))}
        </span>
      </td>
      <td data-label="last run">{health.last_run_at !== null && <Time at={health.last_run_at} />}</td>
    </>
  );
}

function describeOwners({ owner_members }: OrganizationWorkspaceResponse): string {
  const [first, second, ...others] = owner_members.map(({ email }) => email);
  const named = [first, second].filter((email) => email !== undefined).join(', ');
  return others.length === 0 ? named : `${named} and ${others.length} more`;
}

function Name({ workspace, isOpen }: { workspace: OrganizationWorkspaceResponse; isOpen: boolean }) {
  const { id, name, description, archived_at, is_playground } = workspace;
  return (
    <>
      {isOpen ? (
        <Link to="/w/$workspaceId" params={{ workspaceId: id }}>
          {name}
        </Link>
      ) : (
        name
      )}
      {archived_at != null && <span className={people.mark}>archived</span>}
      {is_playground && <span className={people.mark}>playground</span>}
      {description !== null && <span className="quiet"> {description}</span>}
    </>
  );
}
