import type { EventSubscriptionResponse, EventSubscriptionSecretResponse } from '@pumphouse/contract';
import { useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { SigningSecretOnce } from '../../deliveries/signing-secret-once.tsx';
import { useTargetOutcome } from '../../deliveries/use-target-outcome.tsx';
import { ActionButton } from '../../ui/action-button.tsx';
import { Empty } from '../../ui/answers.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { RefusedPage } from '../workspaces/refused-page.tsx';
import { EventDeliveries } from './event-deliveries.tsx';
import { subscriptionsOf } from './event-queries.ts';
import { SubscriptionDialog } from './subscription-form.tsx';
import { SubscriptionRows } from './subscription-rows.tsx';

/** Where the workspace sends events, and what it sent. */
export function EventsPage() {
  const { whyNot } = useWorkspace();
  const refused = whyNot('event-subscription.read');
  return refused === null ? <Events /> : <RefusedPage title="Events" reason={refused} />;
}

/** A subscription that the dialog changes; `new` creates one. */
type Edited = EventSubscriptionResponse | 'new' | null;

function Events() {
  const { id, whyNotChange } = useWorkspace();
  const { data } = useSuspenseQuery(subscriptionsOf(id));
  const { notice, showOutcome, showTest } = useTargetOutcome();
  const [edited, setEdited] = useState<Edited>(null);
  const [created, setCreated] = useState<EventSubscriptionSecretResponse | null>(null);
  const { subscriptions } = data;

  return (
    <Page
      title="Events"
      lead="Other systems get a signed CloudEvent when a run, a schema or a deployment of this workspace changes."
    >
      {notice}
      <Section
        title={`Subscriptions (${subscriptions.length})`}
        aside={
          <ActionButton whyNot={whyNotChange('event-subscription.update')} onClick={() => setEdited('new')}>
            Create subscription
          </ActionButton>
        }
      >
        {subscriptions.length === 0 ? (
          <Empty title="No subscriptions yet">
            Create a subscription to send events to an HTTP receiver. Starting jobs from other systems is what
            webhooks do.
          </Empty>
        ) : (
          <SubscriptionRows
            subscriptions={subscriptions}
            onOutcome={showOutcome}
            onEdit={setEdited}
            onSecret={setCreated}
            onTested={({ name }, result) => showTest(name, result, `${name} accepted the test.`)}
          />
        )}
      </Section>
      {subscriptions.length > 0 && (
        <EventDeliveries
          names={new Map(subscriptions.map((subscription) => [subscription.id, subscription.name]))}
          onOutcome={showOutcome}
        />
      )}
      {edited !== null && (
        <SubscriptionDialog
          subscription={edited === 'new' ? null : edited}
          onClose={() => setEdited(null)}
          onCreated={(subscription) => {
            setEdited(null);
            setCreated(subscription);
          }}
          onChanged={(subscription) => {
            setEdited(null);
            showOutcome(`${subscription.name} changed.`);
          }}
        />
      )}
      {created && <SigningSecretOnce target={created} sent="events" onClose={() => setCreated(null)} />}
    </Page>
  );
}
