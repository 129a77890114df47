import { TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { ChangeForm } from '../../forms/change-form.tsx';
import { checkName } from '../../forms/names.ts';
import { useChange } from '../../forms/use-change.ts';
import { Section } from '../../ui/page.tsx';

/** Form that creates an organization and opens it. */
export function NewOrganization() {
  const navigate = useNavigate();
  const change = useChange({
    initial: { name: '' },
    check: checkName,
    send: ({ name }) => api.call('create_organization', { body: { name } }),
    onDone: ({ id }) => {
      void fetchAnew(queryClient, ['get_me']).then(() =>
        navigate({ to: '/organizations/$organizationId', params: { organizationId: id } }),
      );
    },
  });
  return (
    <Section title="Create organization">
      <ChangeForm change={change} action="Create organization">
        <TextInput
          label="Name of the new organization"
          description="You become its owner. It shares no members, workspaces or limits with this one."
          autoComplete="off"
          value={change.values.name}
          error={change.problems.name}
          onChange={(event) => change.set('name', event.currentTarget.value)}
        />
      </ChangeForm>
    </Section>
  );
}
