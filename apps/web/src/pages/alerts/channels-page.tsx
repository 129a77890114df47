import type { AlertChannelResponse, AlertChannelSecretResponse } from '@pumphouse/contract';
import { useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { SigningSecretOnce } from '../../deliveries/signing-secret-once.tsx';
import { useTargetOutcome } from '../../deliveries/use-target-outcome.tsx';
import { ActionButton } from '../../ui/action-button.tsx';
import { Empty } from '../../ui/answers.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { RefusedPage } from '../workspaces/refused-page.tsx';
import { channelsOf } from './alert-queries.ts';
import { AlertTabs } from './alert-tabs.tsx';
import { ChannelDialog } from './channel-form.tsx';
import { ChannelRows } from './channel-rows.tsx';

/** Where the workspace sends alerts. */
export function AlertChannelsPage() {
  const { whyNot } = useWorkspace();
  const refused = whyNot('alert-channel.read');
  return refused === null ? <Channels /> : <RefusedPage title="Alert channels" reason={refused} />;
}

/** A channel that the dialog changes; `new` creates one. */
type Edited = AlertChannelResponse | 'new' | null;

function Channels() {
  const { id, whyNotChange } = useWorkspace();
  const { data } = useSuspenseQuery(channelsOf(id));
  const { notice, showOutcome, showTest } = useTargetOutcome();
  const [edited, setEdited] = useState<Edited>(null);
  const [created, setCreated] = useState<{ name: string; signing_secret: string } | null>(null);

  /** Only webhooks have a signing secret. */
  function showSecret({ name, signing_secret }: AlertChannelSecretResponse): void {
    setCreated(signing_secret === null ? null : { name, signing_secret });
  }

  return (
    <Page
      title="Alert channels"
      lead="Where alerts of this workspace are sent. Rules of alerts choose among channels."
    >
      <AlertTabs workspaceId={id} />
      {notice}
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
            onSecret={showSecret}
            onTested={({ name }, result) => showTest(name, result, `${name} delivered the test.`)}
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
            showSecret(channel);
          }}
          onChanged={(channel) => {
            setEdited(null);
            showOutcome(`${channel.name} changed.`);
          }}
        />
      )}
      {created && <SigningSecretOnce target={created} sent="messages" onClose={() => setCreated(null)} />}
    </Page>
  );
}
