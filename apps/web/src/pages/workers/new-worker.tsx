import { createWorkerRequest, type WorkerTokenResponse } from '@pumphouse/contract';
import { TextInput } from '@mantine/core';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { ChangeForm, Explanation } from '../../forms/change-form.tsx';
import { findBodyProblems } from '../../forms/field-problems.ts';
import { useChange } from '../../forms/use-change.ts';
import { Section } from '../../ui/page.tsx';
import { useOrganization } from '../../workspace/use-organization.ts';

/** Form that creates a worker and its token. */
export function NewWorker({ onCreated }: { onCreated: (created: WorkerTokenResponse) => void }) {
  const { params, whyNot } = useOrganization();
  const change = useChange({
    initial: { name: '' },
    check: (values) => findBodyProblems(createWorkerRequest, values),
    send: (body) => api.call('create_worker', { params, body }),
    onDone: (created) => {
      change.set('name', '');
      onCreated(created);
      void fetchAnew(queryClient, ['list_workers']);
    },
  });
  return (
    <Section title="Create worker">
      <Explanation>Its token is shown only once, after you create it.</Explanation>
      <ChangeForm change={change} action="Create worker" isRow whyNot={whyNot('worker.create')}>
        <TextInput
          label="Name"
          description="Part of logs and wait reasons, such as edge-1."
          autoComplete="off"
          spellCheck={false}
          value={change.values.name}
          error={change.problems.name}
          onChange={(event) => change.set('name', event.currentTarget.value)}
        />
      </ChangeForm>
    </Section>
  );
}
