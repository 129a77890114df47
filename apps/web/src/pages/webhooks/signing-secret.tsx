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
import { ActionButton } from '../../ui/action-button.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

interface SigningSecretProps {
  webhook: WebhookResponse;
  onClose: () => void;
  onOutcome: (text: string) => void;
}

/** Sets the signing secret of a webhook: a generated one, or one from the sender. It is shown only once. */
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
        title={`Signing secret of ${name} set`}
        what="signing secret"
        secret={set}
        onClose={() => {
          onClose();
          onOutcome(`${name} now accepts only signed deliveries.`);
        }}
      >
        Configure this secret at the sender. For GitHub, enter it as the webhook secret and select the content
        type application/json.
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
            Generate
          </ActionButton>
        }
      >
        <TextInput
          label="Signing secret"
          description="16 to 256 characters, the same as at the sender. Deliveries without a valid signature are rejected."
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

/** Generates 256 random bits. */
function makeSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
