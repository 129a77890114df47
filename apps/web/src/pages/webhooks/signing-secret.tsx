import { setSigningSecretRequest, type WebhookResponse } from '@pumphouse/contract';
import { Modal, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { ChangeForm } from '../../forms/change-form.tsx';
import { findBodyProblems } from '../../forms/field-problems.ts';
import { SecretOnce } from '../../forms/secret-once.tsx';
import { useChange } from '../../forms/use-change.ts';
import { ActionButton } from '../../look/action-button.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

interface SigningSecretProps {
  webhook: WebhookResponse;
  onClose: () => void;
  onOutcome: (text: string) => void;
}

/** Sets what deliveries are signed with: one that is made here, or one that the sender has. It is shown once, then never again. */
export function SigningSecret({ webhook, onClose, onOutcome }: SigningSecretProps) {
  const { params } = useWorkspace();
  const [set, setSet] = useState<string | null>(null);
  const change = useChange({
    initial: { signing_secret: '' },
    check: (values) => findBodyProblems(setSigningSecretRequest, values),
    send: (body) =>
      api.call('set_webhook_signing_secret', { params: { ...params, webhook_id: webhook.id }, body }),
    onDone: (_, { signing_secret }) => {
      setSet(signing_secret);
      void fetchAnew(queryClient, ['list_webhooks']);
    },
  });
  const name = `webhook:${webhook.path}`;
  if (set !== null) {
    return (
      <SecretOnce
        title={`Deliveries to ${name} have to be signed now`}
        what="signing secret"
        secret={set}
        onClose={() => {
          onClose();
          onOutcome(`${name} takes signed deliveries only now.`);
        }}
      >
        Give it to the sender. GitHub takes it as the secret of a webhook, with the content type
        application/json.
      </SecretOnce>
    );
  }
  return (
    <Modal opened onClose={onClose} title={`Signing secret of ${name}`} centered size="lg">
      <ChangeForm
        change={change}
        action="Save"
        aside={
          <ActionButton size="compact-md" onClick={() => change.set('signing_secret', makeSecret())}>
            Make one up
          </ActionButton>
        }
      >
        <TextInput
          label="Signing secret"
          description="16 to 256 characters, the same here and at the sender. Deliveries without a signature made with it are refused."
          autoComplete="off"
          spellCheck={false}
          data-autofocus
          value={change.values.signing_secret}
          error={change.problems.signing_secret}
          onChange={(event) => change.set('signing_secret', event.currentTarget.value)}
        />
      </ChangeForm>
    </Modal>
  );
}

/** 256 bits. */
function makeSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
