import {
  createPersonalKeyRequest,
  defaultKeyDays,
  maxKeyDays,
  type CreatedPersonalKeyResponse,
} from '@pumphouse/contract';
import { TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { operation } from '../../api/operation.ts';
import { queryClient } from '../../api/query-client.ts';
import { ChangeForm, Explanation } from '../../forms/change-form.tsx';
import { useChange } from '../../forms/use-change.ts';
import { ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { Section } from '../../ui/page.tsx';
import { checkKey } from './check-key.ts';
import { KeyDays } from './key-days.tsx';
import { KeyRows } from './key-rows.tsx';
import { NewKeySecret } from './new-key-secret.tsx';

/** Personal keys, which have all permissions of their user. */
export function PersonalKeys({ onOutcome }: { onOutcome: (text: string) => void }) {
  const { data, error } = useQuery(operation('list_personal_keys'));
  return (
    <>
      <NewPersonalKey />
      <Section title={`Your keys${data ? ` (${data.keys.length})` : ''}`}>
        {error && <ErrorNotice error={error} />}
        {!data && !error && <LoadingRows count={2} />}
        {data?.keys.length === 0 && (
          <Explanation>
            No keys yet. The dlthub client does not need one: <code>dlthub login</code> signs in through the
            browser.
          </Explanation>
        )}
        {data && data.keys.length > 0 && (
          <KeyRows
            keys={data.keys}
            isOfWorkspace={false}
            whyNotRevoke={null}
            revoke={(key_id) => api.call('revoke_personal_key', { params: { key_id } })}
            onRevoked={(name) => {
              void fetchAnew(queryClient, ['list_personal_keys']);
              onOutcome(`Key ${name} revoked.`);
            }}
          />
        )}
      </Section>
    </>
  );
}

const noPersonalKey: { name: string; days: number | string } = { name: '', days: defaultKeyDays };

function NewPersonalKey() {
  const [created, setCreated] = useState<CreatedPersonalKeyResponse | null>(null);
  const change = useChange({
    initial: noPersonalKey,
    check: (values) => checkKey(createPersonalKeyRequest, values),
    send: ({ name, days }) => api.call('create_personal_key', { body: { name, days: Number(days) } }),
    onDone: (answer) => {
      setCreated(answer);
      change.set('name', '');
      void fetchAnew(queryClient, ['list_personal_keys']);
    },
  });
  return (
    <Section title="Create personal key">
      <Explanation>
        A personal key has all your permissions, in every organization. For machines, use a workspace key
        instead. The key is shown only once, after you create it.
      </Explanation>
      <ChangeForm change={change} action="Create key" isRow>
        <TextInput
          label="Name"
          description="Where the key is used, such as my laptop."
          autoComplete="off"
          value={change.values.name}
          error={change.problems.name}
          onChange={(event) => change.set('name', event.currentTarget.value)}
        />
        <KeyDays
          maxDays={maxKeyDays}
          value={change.values.days}
          error={change.problems.days}
          onChange={(days) => change.set('days', days)}
        />
      </ChangeForm>
      {created && <NewKeySecret created={created} onClose={() => setCreated(null)} />}
    </Section>
  );
}
