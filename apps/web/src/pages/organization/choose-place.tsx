import { Radio, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { operation } from '../../api/operation.ts';
import { queryClient } from '../../api/query-client.ts';
import { ChangeForm, Explanation } from '../../forms/change-form.tsx';
import { useChange } from '../../forms/use-change.ts';
import { Section } from '../../look/page.tsx';
import { useOrganization } from '../../workspace/use-organization.ts';

/** A new organization says once where its workspaces run; until then it can have none. */
export function ChoosePlace({ onOutcome }: { onOutcome: (text: string) => void }) {
  const { params, whyNot } = useOrganization();
  const { data } = useQuery(operation('list_dataplanes'));
  const places = data?.items ?? [];
  const change = useChange({
    initial: { dataplane_id: '' },
    check: ({ dataplane_id }) =>
      dataplane_id === '' ? [{ key: 'dataplane_id', message: 'choose a place' }] : [],
    send: (body) => api.call('set_region_organization', { params, body }),
    onDone: () => {
      void fetchAnew(queryClient, ['get_organization_me', 'get_organization_settings', 'get_me']);
      onOutcome('Chosen. Workspaces can be made now.');
    },
  });
  return (
    <Section title="First: where its workspaces run">
      <Explanation>
        An organization chooses this once, before its first workspace. It cannot be changed later.
      </Explanation>
      <ChangeForm
        change={change}
        action="Choose it"
        label="Where workspaces run"
        whyNot={whyNot('organization.set-region')}
      >
        <Radio.Group
          label="Place"
          value={change.values.dataplane_id}
          error={change.problems.dataplane_id}
          onChange={(value) => change.set('dataplane_id', value)}
        >
          <Stack gap="xs" mt="xs">
            {places.map(({ id, name }) => (
              <Radio key={id} value={id} label={name} />
            ))}
          </Stack>
        </Radio.Group>
      </ChangeForm>
    </Section>
  );
}
