import type { WorkspaceMembershipRole, WorkspaceResponse } from '@pumphouse/contract';
import { Input, NativeSelect } from '@mantine/core';
import { ActionButton } from '../../ui/action-button.tsx';
import { OptionSelect } from '../../ui/option-select.tsx';
import { workspaceRoles } from '../../permissions/role-texts.ts';
import people from './people.module.css';

interface Grant {
  workspace_id: string;
  role: WorkspaceMembershipRole;
}

interface GrantListProps {
  grants: readonly Grant[];
  workspaces: readonly Pick<WorkspaceResponse, 'id' | 'name'>[];
  error: string | undefined;
  onChange: (grants: Grant[]) => void;
}

/** Workspace roles granted by an invitation, at most one per workspace. */
export function GrantList({ grants, workspaces, error, onChange }: GrantListProps) {
  const taken = new Set(grants.map(({ workspace_id }) => workspace_id));
  const free = workspaces.find(({ id }) => !taken.has(id));
  const change = (index: number, grant: Partial<Grant>) =>
    onChange(grants.map((each, at) => (at === index ? { ...each, ...grant } : each)));
  return (
    <Input.Wrapper
      labelElement="div"
      label="Workspace roles"
      description="Granted when the invitation is accepted. You can assign more later in each workspace."
      error={error}
    >
      <div className={people.grants} style={{ margin: '0.4rem 0' }}>
        {grants.map(({ workspace_id, role }, index) => (
          <div key={workspace_id} className={people.grant}>
            <NativeSelect
              size="xs"
              aria-label={`Workspace ${index + 1}`}
              value={workspace_id}
              data={workspaces
                .filter(({ id }) => id === workspace_id || !taken.has(id))
                .map(({ id, name }) => ({ value: id, label: name }))}
              onChange={(event) => change(index, { workspace_id: event.currentTarget.value })}
            />
            <OptionSelect
              size="xs"
              aria-label={`Role in workspace ${index + 1}`}
              value={role}
              options={workspaceRoles}
              onChoose={(chosen) => change(index, { role: chosen })}
            />
            <ActionButton
              aria-label={`Remove workspace ${index + 1}`}
              onClick={() => onChange(grants.filter((_, at) => at !== index))}
            >
              ✕
            </ActionButton>
          </div>
        ))}
        <div>
          <ActionButton
            whyNot={free ? null : 'No other workspace available.'}
            onClick={() => free && onChange([...grants, { workspace_id: free.id, role: 'viewer' }])}
          >
            Add workspace
          </ActionButton>
        </div>
      </div>
    </Input.Wrapper>
  );
}
