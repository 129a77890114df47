import {
  createWorkspaceKeyRequest,
  defaultKeyDays,
  maxKeyDays,
  workspaceKeyRole,
  type CreatedWorkspaceKeyResponse,
  type WorkspaceKeyRole,
} from '@pumphouse/contract';
import { TextInput } from '@mantine/core';
import { useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { operation } from '../../api/operation.ts';
import { queryClient } from '../../api/query-client.ts';
import { ChangeForm, Explanation, Outcome } from '../../forms/change-form.tsx';
import { useChange } from '../../forms/use-change.ts';
import { Empty } from '../../ui/answers.tsx';
import { OptionSelect } from '../../ui/option-select.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { workspaceRoleLabels } from '../../permissions/role-texts.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { checkKey } from './check-key.ts';
import { KeyDays } from './key-days.tsx';
import { KeyRows } from './key-rows.tsx';
import { NewKeySecret } from './new-key-secret.tsx';
import { RefusedPage } from '../workspaces/refused-page.tsx';

/** Keys for machine access to the workspace. */
export function WorkspaceKeysPage() {
  const { whyNot } = useWorkspace();
  const refused = whyNot('workspace-key.list');
  return refused === null ? <Keys /> : <RefusedPage title="Keys" reason={refused} />;
}

function Keys() {
  const { params, whyNot } = useWorkspace();
  const { data } = useSuspenseQuery(operation('list_workspace_keys', { params }));
  const [outcome, setOutcome] = useState<string | null>(null);
  return (
    <Page
      title="Keys"
      lead="Workspace keys give machines, such as CI, access to this workspace only. They belong to the workspace, not to the user who created them."
    >
      <Outcome text={outcome} />
      <NewKey />
      <Section title={`Keys (${data.keys.length})`}>
        {data.keys.length === 0 ? (
          <Empty title="No keys yet">
            Create one above. For your own use, create a personal key under Account.
          </Empty>
        ) : (
          <KeyRows
            keys={data.keys}
            isOfWorkspace
            whyNotRevoke={whyNot('workspace-key.revoke')}
            revoke={(key_id) => api.call('revoke_workspace_key', { params: { ...params, key_id } })}
            onRevoked={(name) => {
              void fetchAnew(queryClient, ['list_workspace_keys', 'list_workspace_access']);
              setOutcome(`Key ${name} revoked.`);
            }}
          />
        )}
      </Section>
    </Page>
  );
}

interface NewKeyValues {
  name: string;
  role: WorkspaceKeyRole;
  days: number | string;
}

function NewKey() {
  const { me, params, whyNotChange } = useWorkspace();
  const ofOrganization = { params: { organization_id: me.workspace.organization_id } };
  const { data: settings } = useSuspenseQuery(operation('get_organization_settings', ofOrganization));
  const maxDays = settings.max_key_days ?? maxKeyDays;
  const initial: NewKeyValues = {
    name: '',
    role: 'developer',
    days: Math.min(defaultKeyDays, maxDays),
  };
  const [created, setCreated] = useState<CreatedWorkspaceKeyResponse | null>(null);
  const change = useChange({
    initial,
    check: (values) => checkKey(createWorkspaceKeyRequest, values),
    send: (values) =>
      api.call('create_workspace_key', { params, body: { ...values, days: Number(values.days) } }),
    onDone: (answer) => {
      setCreated(answer);
      change.set('name', '');
      void fetchAnew(queryClient, ['list_workspace_keys', 'list_workspace_access']);
    },
  });
  const playground = me.workspace.is_playground ? 'Playgrounds cannot have keys.' : null;
  return (
    <Section title="Create key">
      <Explanation>The key is shown only once, after you create it.</Explanation>
      <ChangeForm
        change={change}
        action="Create key"
        isRow
        whyNot={whyNotChange('workspace-key.create') ?? playground}
      >
        <TextInput
          label="Name"
          description="Where the key is used, such as CI."
          autoComplete="off"
          value={change.values.name}
          error={change.problems.name}
          onChange={(event) => change.set('name', event.currentTarget.value)}
        />
        <OptionSelect
          label="Role"
          description={workspaceRoleLabels[change.values.role]}
          value={change.values.role}
          error={change.problems.role}
          options={workspaceKeyRole.options}
          onChoose={(role) => change.set('role', role)}
        />
        <KeyDays
          maxDays={maxDays}
          value={change.values.days}
          error={change.problems.days}
          onChange={(days) => change.set('days', days)}
        />
      </ChangeForm>
      {created && <NewKeySecret created={created} onClose={() => setCreated(null)} />}
    </Section>
  );
}
