import type { AlertDeliveryResponse } from '@pumphouse/contract';
import { useInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { DeliveryFilters } from '../../deliveries/delivery-filters.tsx';
import { DeliveryLog } from '../../deliveries/delivery-log.tsx';
import { SendAgain } from '../../deliveries/send-again.tsx';
import { Outcome } from '../../forms/change-form.tsx';
import { Page } from '../../ui/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { RefusedPage } from '../workspaces/refused-page.tsx';
import { channelsOf, deliveriesOf, deliveryStatuses } from './alert-queries.ts';
import { AlertTabs } from './alert-tabs.tsx';
import { describeMessageKind } from './message-kinds.ts';

const from = '/signed-in/w/$workspaceId/alerts/deliveries';

/** What alert channels sent, and what waits. */
export function AlertDeliveriesPage() {
  const { whyNot } = useWorkspace();
  const refused = whyNot('alert-channel.read');
  return refused === null ? <Deliveries /> : <RefusedPage title="Alert deliveries" reason={refused} />;
}

function Deliveries() {
  const { id } = useWorkspace();
  const search = useSearch({ from });
  const pages = useInfiniteQuery(deliveriesOf(id, search));
  const { data } = useSuspenseQuery(channelsOf(id));
  const [outcome, setOutcome] = useState<string | null>(null);
  const names = new Map(data.channels.map((channel) => [channel.id, channel.name]));
  return (
    <Page title="Alert deliveries" lead="What the channels of this workspace sent, newest first.">
      <AlertTabs workspaceId={id} />
      <Outcome text={outcome} />
      <DeliveryLog
        pages={pages}
        columns={{
          titles: { content: 'Message', target: 'Channel' },
          content: ({ title }) => title,
          detail: ({ kind }) => describeMessageKind(kind),
          target: ({ channel_id }) => names.get(channel_id),
          renderActions: (delivery) => <SendMessageAgain delivery={delivery} onOutcome={setOutcome} />,
        }}
        filters={<Filters names={names} />}
        isFiltered={search.channel !== undefined || search.status !== undefined}
        hint="Send a test through a channel, or wait for the first alert."
      />
    </Page>
  );
}

function Filters({ names }: { names: ReadonlyMap<string, string> }) {
  const { id } = useWorkspace();
  const { channel, status } = useSearch({ from });
  const navigate = useNavigate();
  return (
    <DeliveryFilters
      targetNoun={{ one: 'Channel', all: 'All channels' }}
      names={names}
      target={channel}
      statuses={deliveryStatuses}
      status={status}
      onShow={({ target, ...search }) =>
        void navigate({
          to: '/w/$workspaceId/alerts/deliveries',
          params: { workspaceId: id },
          search: { channel: target, ...search },
          replace: true,
        })
      }
    />
  );
}

interface SendMessageAgainProps {
  delivery: AlertDeliveryResponse;
  onOutcome: (text: string) => void;
}

function SendMessageAgain({ delivery, onOutcome }: SendMessageAgainProps) {
  const { params, whyNotChange } = useWorkspace();
  const whyNot = delivery.status === 'waiting' ? 'The message has not been sent yet.' : null;
  return (
    <SendAgain
      label="Send again"
      fullLabel={`Send again: ${delivery.title}`}
      whyNot={whyNotChange('alert-channel.send') ?? whyNot}
      send={async () => {
        const at = { params: { ...params, delivery_id: delivery.id } };
        const sent = await api.call('send_alert_delivery_again', at);
        await fetchAnew(queryClient, ['list_alert_deliveries', 'list_alert_channels']);
        return sent;
      }}
      delivered="Message delivered."
      onOutcome={onOutcome}
    />
  );
}
