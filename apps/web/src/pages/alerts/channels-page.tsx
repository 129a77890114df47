import type {
  AlertChannelResponse,
  AlertChannelSecretResponse,
  AlertDeliveryResponse,
} from '@pumphouse/contract';
import { useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Outcome } from '../../forms/change-form.tsx';
import { SecretOnce } from '../../forms/secret-once.tsx';
import { ActionButton } from '../../ui/action-button.tsx';
import { Empty } from '../../ui/answers.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { RefusedPage } from '../workspaces/refused-page.tsx';
import { channelsOf } from './alert-queries.ts';
import { AlertTabs } from './alert-tabs.tsx';
import { ChannelDialog } from './channel-form.tsx';
import { ChannelRows } from './channel-rows.tsx';
import { explainReason } from './delivery-states.ts';

/** Where the workspace sends alerts. */
export function AlertChannelsPage() {
  const { whyNot } = useWorkspace();
  const refused = whyNot('alert-channel.read');
  return refused === null ? <Channels /> : <RefusedPage title="Alert channels" reason={refused} />;
}

/** A channel that the dialog changes; `new` creates one. */
type Edited = AlertChannelResponse | 'new' | null;

interface TestResult {
  name: string;
  result: AlertDeliveryResponse;
}

function Channels() {
  const { id, whyNotChange } = useWorkspace();
  const { data } = useSuspenseQuery(channelsOf(id));
  const [outcome, setOutcome] = useState<string | null>(null);
  const [edited, setEdited] = useState<Edited>(null);
  const [created, setCreated] = useState<AlertChannelSecretResponse | null>(null);
  const [tested, setTested] = useState<TestResult | null>(null);

  function showOutcome(text: string): void {
    setTested(null);
    setOutcome(text);
  }

  return (
    <Page
      title="Alert channels"
      lead="Where alerts of this workspace are sent. Rules of alerts choose among channels."
    >
      <AlertTabs workspaceId={id} />
      <Outcome text={outcome} />
      {tested && <TestNotice {...tested} />}
      <Section
        title={`Channels (${data.channels.length})`}
        aside={
          <ActionButton whyNot={whyNotChange('alert-channel.update')} onClick={() => setEdited('new')}>
            Create channel
          </ActionButton>
        }
      >
        {data.channels.length === 0 ? (
          <Empty title="No channels yet">
            Create a channel to send alerts to Slack, Microsoft Teams, PagerDuty, a webhook or by email.
          </Empty>
        ) : (
          <ChannelRows
            channels={data.channels}
            onOutcome={showOutcome}
            onEdit={setEdited}
            onSecret={setCreated}
            onTested={(channel, result) => {
              setOutcome(result.status === 'delivered' ? `${channel.name} delivered the test.` : null);
              setTested(result.status === 'delivered' ? null : { name: channel.name, result });
            }}
          />
        )}
      </Section>
      {edited !== null && (
        <ChannelDialog
          channel={edited === 'new' ? null : edited}
          onClose={() => setEdited(null)}
          onCreated={(channel) => {
            setEdited(null);
            if (channel.signing_secret === null)
              showOutcome(`${channel.name} created. Send a test to check it.`);
            else setCreated(channel);
          }}
          onChanged={(channel) => {
            setEdited(null);
            showOutcome(`${channel.name} changed.`);
          }}
        />
      )}
      {created?.signing_secret && (
        <SecretOnce
          title={`Signing secret of ${created.name}`}
          what="signing secret"
          secret={created.signing_secret}
          onClose={() => setCreated(null)}
        >
          Configure it at the receiver, which verifies with it that messages come from this server.
        </SecretOnce>
      )}
    </Page>
  );
}

function TestNotice({ name, result }: TestResult) {
  return (
    <Notice>
      <strong>The test of {name} was not delivered.</strong> {explainReason(result.reason)}
      {result.answer ? ` Its answer: ${result.answer}` : ''}
    </Notice>
  );
}
