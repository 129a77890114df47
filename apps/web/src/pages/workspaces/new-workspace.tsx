import { Textarea, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { ChangeForm } from '../../forms/change-form.tsx';
import { checkName } from '../../forms/names.ts';
import { useChange } from '../../forms/use-change.ts';
import { Section } from '../../ui/page.tsx';
import { useOrganization } from '../../workspace/use-organization.ts';

/** Form that creates a workspace and opens it. */
export function NewWorkspace() {
  const { params, whyNot } = useOrganization();
  const navigate = useNavigate();
  const change = useChange({
    initial: { name: '', description: '' },
    check: checkName,
    send: ({ name, description }) =>
      api.call('create_workspace', { params, body: { name, description: description.trim() || null } }),
    onDone: ({ id }) => {
      void fetchAnew(queryClient, ['list_workspaces', 'get_organization_me']).then(() =>
        navigate({ to: '/w/$workspaceId', params: { workspaceId: id } }),
      );
    },
  });
  return (
    <Section title="Create workspace">
      <ChangeForm change={change} action="Create workspace" whyNot={whyNot('workspace.create')}>
        <TextInput
          label="Name"
          description="You become its owner. Its overview shows how to deploy to it."
          autoComplete="off"
          value={change.values.name}
          error={change.problems.name}
          onChange={(event) => change.set('name', event.currentTarget.value)}
        />
        <Textarea
          label="Description"
          description="Optional."
          autosize
          value={change.values.description}
          error={change.problems.description}
          onChange={(event) => change.set('description', event.currentTarget.value)}
        />
      </ChangeForm>
    </Section>
  );
}
