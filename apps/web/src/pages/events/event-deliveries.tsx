import type { EventDeliveryResponse } from '@pumphouse/contract';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { DeliveryFilters } from '../../deliveries/delivery-filters.tsx';
import { DeliveryLog } from '../../deliveries/delivery-log.tsx';
import { SendAgain } from '../../deliveries/send-again.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { eventDeliveriesOf, eventDeliveryStatuses } from './event-queries.ts';

const from = '/signed-in/w/$workspaceId/settings/events';

interface EventDeliveriesProps {
  /** Names of subscriptions, by id. */
  names: ReadonlyMap<string, string>;
  onOutcome: (text: string | null) => void;
}

/** What subscriptions received, and what waits. */
export function EventDeliveries({ names, onOutcome }: EventDeliveriesProps) {
  const { id } = useWorkspace();
  const search = useSearch({ from });
  return (
    <DeliveryLog
      pages={useInfiniteQuery(eventDeliveriesOf(id, search))}
      columns={{
        titles: { content: 'Event', target: 'Subscription' },
        content: ({ event_type }) => event_type,
        detail: ({ subject }) => subject,
        target: ({ subscription_id }) => names.get(subscription_id),
        renderActions: (delivery) => <Redeliver delivery={delivery} onOutcome={onOutcome} />,
      }}
      filters={<Filters names={names} />}
      isFiltered={search.subscription !== undefined || search.status !== undefined}
      hint="Send a test to a subscription, or wait for the first event."
    />
  );
}

function Filters({ names }: Pick<EventDeliveriesProps, 'names'>) {
  const { id } = useWorkspace();
  const { subscription, status } = useSearch({ from });
  const navigate = useNavigate();
  return (
    <DeliveryFilters
      targetNoun={{ one: 'Subscription', all: 'All subscriptions' }}
      names={names}
      target={subscription}
      statuses={eventDeliveryStatuses}
      status={status}
      onShow={({ target, ...search }) =>
        void navigate({
          to: '/w/$workspaceId/settings/events',
          params: { workspaceId: id },
          search: { subscription: target, ...search },
          replace: true,
        })
      }
    />
  );
}

function Redeliver({
  delivery,
  onOutcome,
}: Pick<EventDeliveriesProps, 'onOutcome'> & { delivery: EventDeliveryResponse }) {
  const { params, whyNotChange } = useWorkspace();
  const whyNot = delivery.status === 'waiting' ? 'The event has not been delivered yet.' : null;
  return (
    <SendAgain
      label="Redeliver"
      fullLabel={`Redeliver ${delivery.event_type} of ${delivery.subject}`}
      whyNot={whyNotChange('event-subscription.send') ?? whyNot}
      send={async () => {
        const at = { params: { ...params, event_delivery_id: delivery.id } };
        const sent = await api.call('redeliver_event', at);
        await fetchAnew(queryClient, ['list_event_deliveries', 'list_event_subscriptions']);
        return sent;
      }}
      delivered="Event delivered."
      onOutcome={onOutcome}
    />
  );
}
