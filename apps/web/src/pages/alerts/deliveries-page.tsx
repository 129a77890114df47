import type { AlertDeliveryResponse } from '@pumphouse/contract';
import { useInfiniteQuery, useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { Outcome } from '../../forms/change-form.tsx';
import forms from '../../forms/forms.module.css';
import { ActionButton } from '../../ui/action-button.tsx';
import { ActionsHead } from '../../ui/actions-head.tsx';
import { Empty, ErrorNotice } from '../../ui/answers.tsx';
import { MoreRows } from '../../ui/more-rows.tsx';
import { OptionSelect } from '../../ui/option-select.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { State } from '../../ui/state.tsx';
import table from '../../ui/table.module.css';
import { Time } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { RefusedPage } from '../workspaces/refused-page.tsx';
import { channelsOf, deliveriesOf, deliveryStatuses } from './alert-queries.ts';
import { AlertTabs } from './alert-tabs.tsx';
import { deliveryAppearance, describeMessageKind, explainReason } from './delivery-states.ts';

/** What alert channels sent, and what waits. */
export function AlertDeliveriesPage() {
  const { whyNot } = useWorkspace();
  const refused = whyNot('alert-channel.read');
  return refused === null ? <Deliveries /> : <RefusedPage title="Alert deliveries" reason={refused} />;
}

function Deliveries() {
  const { id } = useWorkspace();
  const search = useSearch({ from: '/signed-in/w/$workspaceId/alerts/deliveries' });
  const list = useInfiniteQuery(deliveriesOf(id, search));
  const { data } = useSuspenseQuery(channelsOf(id));
  const [outcome, setOutcome] = useState<string | null>(null);
  const names = new Map(data.channels.map((channel) => [channel.id, channel.name]));
  const items = list.data?.items ?? [];
  const isFiltered = search.channel !== undefined || search.status !== undefined;
  return (
    <Page title="Alert deliveries" lead="What the channels of this workspace sent, newest first.">
      <AlertTabs workspaceId={id} />
      <Outcome text={outcome} />
      <Section title="Deliveries" aside={<Filters names={names} />}>
        {list.error !== null && <ErrorNotice error={list.error} />}
        {items.length === 0 && list.isSuccess ? (
          <Empty title={isFiltered ? 'No deliveries match these filters' : 'No deliveries yet'}>
            {isFiltered ? null : 'Send a test through a channel, or wait for the first alert.'}
          </Empty>
        ) : (
          <DeliveryRows items={items} names={names} onOutcome={setOutcome} />
        )}
        <MoreRows
          hasMore={list.hasNextPage}
          isLoading={list.isFetchingNextPage}
          onMore={() => void list.fetchNextPage()}
        />
      </Section>
    </Page>
  );
}

const allOption = 'all';

function Filters({ names }: { names: ReadonlyMap<string, string> }) {
  const { id } = useWorkspace();
  const from = '/signed-in/w/$workspaceId/alerts/deliveries';
  const { channel, status } = useSearch({ from });
  const navigate = useNavigate();
  const show = (search: { channel?: string | undefined; status?: typeof status }) =>
    void navigate({
      to: '/w/$workspaceId/alerts/deliveries',
      params: { workspaceId: id },
      search: { channel, status, ...search },
      replace: true,
    });
  return (
    <div className={forms.end}>
      <OptionSelect<string>
        aria-label="Channel"
        size="xs"
        options={[
          { value: allOption, label: 'All channels' },
          ...[...names].map(([value, label]) => ({ value, label })),
        ]}
        value={channel ?? allOption}
        onChoose={(chosen) => show({ channel: chosen === allOption ? undefined : chosen })}
      />
      <OptionSelect
        aria-label="State"
        size="xs"
        options={[
          { value: allOption, label: 'All states' },
          ...deliveryStatuses.map((value) => ({
            value,
            label: deliveryAppearance({ status: value, is_sending: false }).word,
          })),
        ]}
        value={status ?? allOption}
        onChoose={(chosen) => show({ status: chosen === allOption ? undefined : chosen })}
      />
    </div>
  );
}

interface DeliveryRowsProps {
  items: readonly AlertDeliveryResponse[];
  names: ReadonlyMap<string, string>;
  onOutcome: (text: string | null) => void;
}

function DeliveryRows({ items, names, onOutcome }: DeliveryRowsProps) {
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">State</th>
            <th scope="col">Message</th>
            <th scope="col">Channel</th>
            <th scope="col">Attempts</th>
            <ActionsHead />
          </tr>
        </thead>
        <tbody>
          {items.map((delivery) => (
            <tr key={delivery.id}>
              <td>
                <Time at={delivery.created_at} />
              </td>
              <td data-wide="true">
                <State look={deliveryAppearance(delivery)} />
                <Result delivery={delivery} />
              </td>
              <td data-wide="true">
                {delivery.title}
                <div className="quiet">
                  {describeMessageKind(delivery.kind)}
                  {delivery.resent_from === null ? '' : ', sent again'}
                </div>
              </td>
              <td data-wide="true">{names.get(delivery.channel_id) ?? ''}</td>
              <td>{delivery.attempts}</td>
              <td>
                <SendAgain delivery={delivery} onOutcome={onOutcome} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The response of the last attempt, and the time of the next one. */
function Result({ delivery }: { delivery: AlertDeliveryResponse }) {
  const { response_code: code, answer, next_attempt_at: next, reason } = delivery;
  return (
    <div className="quiet">
      {explainReason(reason) ?? (code === null ? '' : `Status ${code}`)}
      {answer ? <div>Answer: {answer}</div> : null}
      {next !== null && !delivery.is_sending && (
        <div>
          Next attempt <Time at={next} />
        </div>
      )}
    </div>
  );
}

function SendAgain({
  delivery,
  onOutcome,
}: Omit<DeliveryRowsProps, 'items' | 'names'> & { delivery: AlertDeliveryResponse }) {
  const { params, whyNotChange } = useWorkspace();
  const send = useMutation({
    mutationFn: () =>
      api.call('send_alert_delivery_again', { params: { ...params, delivery_id: delivery.id } }),
    onSuccess: async ({ status, reason }) => {
      await fetchAnew(queryClient, ['list_alert_deliveries', 'list_alert_channels']);
      onOutcome(
        status === 'delivered' ? 'Message delivered.' : `Not delivered. ${explainReason(reason) ?? ''}`,
      );
    },
  });
  const whyNot = delivery.status === 'waiting' ? 'The message has not been sent yet.' : null;
  return (
    <>
      {send.error !== null && <ErrorNotice error={send.error} />}
      <ActionButton
        aria-label={`Send again: ${delivery.title}`}
        whyNot={whyNotChange('alert-channel.send') ?? whyNot}
        loading={send.isPending}
        onClick={() => send.mutate()}
      >
        Send again
      </ActionButton>
    </>
  );
}
