import type {
  EventDeliveryResponse,
  EventSubscriptionResponse,
  EventSubscriptionSecretResponse,
} from '@pumphouse/contract';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { TargetActions } from '../../deliveries/target-actions.tsx';
import { ActionsHead } from '../../ui/actions-head.tsx';
import { State } from '../../ui/state.tsx';
import table from '../../ui/table.module.css';
import { Time } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { describeScope, explainSubscriptionState, subscriptionAppearance } from './subscription-values.ts';

interface SubscriptionRowsProps {
  subscriptions: readonly EventSubscriptionResponse[];
  onOutcome: (text: string) => void;
  onEdit: (subscription: EventSubscriptionResponse) => void;
  onSecret: (created: EventSubscriptionSecretResponse) => void;
  onTested: (subscription: EventSubscriptionResponse, result: EventDeliveryResponse) => void;
}

const refresh = () => fetchAnew(queryClient, ['list_event_subscriptions', 'list_event_deliveries']);

/** Table of event subscriptions, by name. */
export function SubscriptionRows(props: SubscriptionRowsProps) {
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Subscription</th>
            <th scope="col">State</th>
            <th scope="col">Events</th>
            <th scope="col">Last delivered</th>
            <ActionsHead />
          </tr>
        </thead>
        <tbody>
          {props.subscriptions.map((subscription) => (
            <tr key={subscription.id}>
              <td data-wide="true">
                {subscription.name}
                <div className="quiet">{subscription.host}</div>
                {subscription.description !== null && <div className="quiet">{subscription.description}</div>}
              </td>
              <td data-wide="true">
                <State look={subscriptionAppearance(subscription)} />
                <div className="quiet">{explainSubscriptionState(subscription)}</div>
              </td>
              <td data-wide="true">
                {subscription.event_types.join(', ')}
                <div className="quiet">{describeScope(subscription)}</div>
              </td>
              <td>
                {subscription.last_delivered_at === null ? (
                  'never'
                ) : (
                  <Time at={subscription.last_delivered_at} />
                )}
              </td>
              <td>
                <SubscriptionActions {...props} subscription={subscription} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function SubscriptionActions(props: SubscriptionRowsProps & { subscription: EventSubscriptionResponse }) {
  const { subscription, onOutcome, onEdit, onSecret, onTested } = props;
  const { params, whyNotChange } = useWorkspace();
  const { name, is_enabled: isEnabled } = subscription;
  const at = { params: { ...params, subscription_id: subscription.id } };
  return (
    <TargetActions
      name={name}
      isEnabled={isEnabled}
      whyNot={{
        send: whyNotChange('event-subscription.send'),
        change: whyNotChange('event-subscription.update'),
      }}
      sent="events"
      testLabel={`Send test to ${name}`}
      test={async () => {
        onTested(subscription, await api.call('test_event_subscription', at));
        await refresh();
      }}
      toggle={async () => {
        await api.call('update_event_subscription', { ...at, body: { is_enabled: !isEnabled } });
        await refresh();
        onOutcome(`${name} ${isEnabled ? 'gets no events now' : 'gets events again'}.`);
      }}
      onEdit={() => onEdit(subscription)}
      replaceSecret={async () => {
        const replaced = await api.call('replace_event_subscription_secret', { ...at, body: {} });
        await refresh();
        return replaced;
      }}
      onSecret={onSecret}
      remove={async () => {
        await api.call('delete_event_subscription', at);
        await refresh();
      }}
      onRemoved={() => onOutcome(`${name} deleted.`)}
    />
  );
}
