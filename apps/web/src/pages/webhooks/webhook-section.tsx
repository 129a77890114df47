import type { WebhookResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import classes from '../../ui/settings.module.css';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import forms from '../../forms/forms.module.css';
import { ActionButton } from '../../ui/action-button.tsx';
import { AskingButton } from '../../ui/asking-button.tsx';
import { CopyText } from '../../ui/copy-text.tsx';
import { DetailList, Section } from '../../ui/page.tsx';
import { Time } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { SigningSecret } from './signing-secret.tsx';

interface WebhookSectionProps {
  webhook: WebhookResponse;
  onOutcome: (text: string) => void;
}

/** A webhook: its URL, its jobs and its secrets. */
export function WebhookSection({ webhook, onOutcome }: WebhookSectionProps) {
  const { whyNotChange } = useWorkspace();
  const [isSigning, setSigning] = useState(false);
  const whyNot = whyNotChange('webhook.update');
  const name = webhook.path === '' ? 'webhook:' : `webhook:${webhook.path}`;
  return (
    <Section
      title={name}
      aside={
        <div className={forms.end}>
          <ChangeWebhook webhook={webhook} change="rotate" name={name} onOutcome={onOutcome} />
          <ActionButton
            whyNot={whyNot}
            aria-label={`${webhook.has_signing_secret ? 'Replace' : 'Set'} signing secret of ${name}`}
            onClick={() => setSigning(true)}
          >
            {webhook.has_signing_secret ? 'Replace signing secret' : 'Set signing secret'}
          </ActionButton>
          {webhook.has_signing_secret && (
            <ChangeWebhook webhook={webhook} change="unsign" name={name} onOutcome={onOutcome} />
          )}
        </div>
      }
    >
      <Address url={webhook.url} name={name} />
      <DetailList
        items={[
          ['Triggers', <Jobs key="jobs" refs={webhook.job_refs} />],
          [
            'Signature',
            webhook.has_signing_secret ? 'Required' : 'Not required: anyone with the URL can start the jobs',
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
      {isSigning && (
        <SigningSecret webhook={webhook} onClose={() => setSigning(false)} onOutcome={onOutcome} />
      )}
    </Section>
  );
}

/** Hidden by default: the URL is a secret, and others may see the screen. */
function Address({ url, name }: { url: string; name: string }) {
  const [isShown, setShown] = useState(false);
  const hidden = url.replace(/\/hooks\/[^/]+/, '/hooks/••••••••••••');
  return (
    <div className={classes.address}>
      <code className={classes.addressText}>{isShown ? url : hidden}</code>
      <ActionButton
        aria-label={`${isShown ? 'Hide' : 'Show'} the URL of ${name}`}
        onClick={() => setShown(!isShown)}
      >
        {isShown ? 'Hide' : 'Show'}
      </ActionButton>
      <CopyText text={url} label={`URL of ${name}`} />
    </div>
  );
}

function Jobs({ refs }: { refs: readonly string[] }) {
  const { id } = useWorkspace();
  if (refs.length === 0) return <>none: its jobs were archived or changed</>;
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
    label: 'Rotate URL',
    described: 'Rotate URL of',
    action: 'Rotate URL',
    title: 'Rotate the URL?',
    description: 'The current URL stops working immediately. Senders get errors until they use the new URL.',
    done: 'has a new URL. Update the senders.',
  },
  unsign: {
    operation: 'remove_webhook_signing_secret',
    label: 'Remove signing secret',
    described: 'Remove signing secret of',
    action: 'Remove',
    title: 'Remove the signing secret?',
    description: 'Anyone who knows the URL can then start the jobs.',
    done: 'now accepts deliveries without a signature.',
  },
} as const;

interface ChangeWebhookProps extends WebhookSectionProps {
  change: keyof typeof changes;
  name: string;
}

function ChangeWebhook({ webhook, change, name, onOutcome }: ChangeWebhookProps) {
  const { params, whyNotChange } = useWorkspace();
  const { operation, label, described, action, title, description, done } = changes[change];
  return (
    <AskingButton
      label={label}
      aria-label={`${described} ${name}`}
      whyNot={whyNotChange('webhook.update')}
      question={title}
      action={action}
      act={async () => {
        await api.call(operation, { params: { ...params, webhook_id: webhook.id } });
        await fetchAnew(queryClient, ['list_webhooks']);
      }}
      onDone={() => onOutcome(`webhook:${webhook.path} ${done}`)}
    >
      {description}
    </AskingButton>
  );
}
