import type { WebhookResponse } from '@pumphouse/contract';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import classes from './settings.module.css';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import forms from '../../forms/forms.module.css';
import { ActionButton } from '../../look/action-button.tsx';
import { Confirm } from '../../look/confirm.tsx';
import { CopyText } from '../../look/copy-text.tsx';
import { Facts, Section } from '../../look/page.tsx';
import { Time } from '../../look/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { SigningSecret } from './signing-secret.tsx';

interface WebhookSectionProps {
  webhook: WebhookResponse;
  onOutcome: (text: string) => void;
}

/** One webhook: its address, who listens, and its secrets. */
export function WebhookSection({ webhook, onOutcome }: WebhookSectionProps) {
  const { whyNotChange } = useWorkspace();
  const [asked, setAsked] = useState<'rotate' | 'unsign' | 'sign' | null>(null);
  const whyNot = whyNotChange('webhook.update');
  const name = webhook.path === '' ? 'webhook:' : `webhook:${webhook.path}`;
  const close = () => setAsked(null);
  return (
    <Section
      title={name}
      aside={
        <div className={forms.end}>
          <ActionButton
            whyNot={whyNot}
            aria-label={`New address of ${name}`}
            onClick={() => setAsked('rotate')}
          >
            New address
          </ActionButton>
          <ActionButton
            whyNot={whyNot}
            aria-label={`${webhook.has_signing_secret ? 'Replace' : 'Set'} the signing secret of ${name}`}
            onClick={() => setAsked('sign')}
          >
            {webhook.has_signing_secret ? 'Replace the signing secret' : 'Set the signing secret'}
          </ActionButton>
          {webhook.has_signing_secret && (
            <ActionButton
              whyNot={whyNot}
              aria-label={`Remove the signing secret of ${name}`}
              onClick={() => setAsked('unsign')}
            >
              Remove it
            </ActionButton>
          )}
        </div>
      }
    >
      <Address url={webhook.url} name={name} />
      <Facts
        facts={[
          ['Starts', <Jobs key="jobs" refs={webhook.job_refs} />],
          [
            'Signature',
            webhook.has_signing_secret
              ? 'Deliveries have to be signed'
              : 'Not asked for: the address is all that a sender needs',
          ],
          [
            'Last delivery',
            webhook.last_delivery_at === null ? (
              'none yet'
            ) : (
              <Time key="delivery" at={webhook.last_delivery_at} />
            ),
          ],
        ]}
      />
      {asked === 'rotate' && (
        <ChangeWebhook webhook={webhook} change="rotate" onClose={close} onOutcome={onOutcome} />
      )}
      {asked === 'unsign' && (
        <ChangeWebhook webhook={webhook} change="unsign" onClose={close} onOutcome={onOutcome} />
      )}
      {asked === 'sign' && <SigningSecret webhook={webhook} onClose={close} onOutcome={onOutcome} />}
    </Section>
  );
}

/** Hidden until it is asked for: the page may be looked at by others, and the address is a secret. */
function Address({ url, name }: { url: string; name: string }) {
  const [isShown, setShown] = useState(false);
  const hidden = url.replace(/\/hooks\/[^/]+/, '/hooks/••••••••••••');
  return (
    <div className={classes.address}>
      <code className={classes.addressText}>{isShown ? url : hidden}</code>
      <ActionButton
        aria-label={`${isShown ? 'Hide' : 'Show'} the address of ${name}`}
        onClick={() => setShown(!isShown)}
      >
        {isShown ? 'Hide' : 'Show'}
      </ActionButton>
      <CopyText text={url} label={`address of ${name}`} />
    </div>
  );
}

function Jobs({ refs }: { refs: readonly string[] }) {
  const { id } = useWorkspace();
  if (refs.length === 0) return <>nothing: its jobs were archived or changed</>;
  return (
    <span className="linked-text">
      {refs.map((ref, index) => (
        <span key={ref}>
          {index > 0 && ', '}
          <Link to="/w/$workspaceId/jobs/$job" params={{ workspaceId: id, job: ref }}>
            {ref}
          </Link>
        </span>
      ))}
    </span>
  );
}

const changes = {
  rotate: {
    operation: 'rotate_webhook_token',
    action: 'Make a new address',
    title: 'Make a new address?',
    says: 'The present address is unknown at once: whoever sends to it gets an error until they have the new one.',
    done: 'has a new address. Give it to the senders.',
  },
  unsign: {
    operation: 'remove_webhook_signing_secret',
    action: 'Remove it',
    title: 'Remove the signing secret?',
    says: 'From then on whoever knows the address starts the jobs.',
    done: 'takes deliveries without a signature now.',
  },
} as const;

interface ChangeWebhookProps extends WebhookSectionProps {
  change: keyof typeof changes;
  onClose: () => void;
}

function ChangeWebhook({ webhook, change, onClose, onOutcome }: ChangeWebhookProps) {
  const { params } = useWorkspace();
  const { operation, action, title, says, done } = changes[change];
  const mutation = useMutation({
    mutationFn: () => api.call(operation, { params: { ...params, webhook_id: webhook.id } }),
    onSuccess: async () => {
      await fetchAnew(queryClient, ['list_webhooks']);
      onClose();
      onOutcome(`webhook:${webhook.path} ${done}`);
    },
  });
  return (
    <Confirm
      title={title}
      action={action}
      isPending={mutation.isPending}
      error={mutation.error}
      onConfirm={() => mutation.mutate()}
      onClose={onClose}
    >
      {says}
    </Confirm>
  );
}
