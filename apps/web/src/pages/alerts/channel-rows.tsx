import type {
  AlertChannelResponse,
  AlertChannelSecretResponse,
  AlertDeliveryResponse,
} from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { TargetActions } from '../../deliveries/target-actions.tsx';
import { ActionsHead } from '../../ui/actions-head.tsx';
import { State } from '../../ui/state.tsx';
import table from '../../ui/table.module.css';
import { Time } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { channelAppearance, describeTarget, explainChannelState } from './channel-states.ts';
import { labelKind } from './channel-values.ts';

interface ChannelRowsProps {
  channels: readonly AlertChannelResponse[];
  onOutcome: (text: string) => void;
  onEdit: (channel: AlertChannelResponse) => void;
  onSecret: (created: AlertChannelSecretResponse) => void;
  onTested: (channel: AlertChannelResponse, result: AlertDeliveryResponse) => void;
}

const refresh = () => fetchAnew(queryClient, ['list_alert_channels', 'list_alert_deliveries']);

/** Table of channels, by name. */
export function ChannelRows(props: ChannelRowsProps) {
  const { id } = useWorkspace();
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Channel</th>
            <th scope="col">State</th>
            <th scope="col">Sends to</th>
            <th scope="col">Last delivered</th>
            <ActionsHead />
          </tr>
        </thead>
        <tbody>
          {props.channels.map((channel) => (
            <tr key={channel.id}>
              <td data-wide="true">
                <Link
                  to="/w/$workspaceId/alerts/deliveries"
                  params={{ workspaceId: id }}
                  search={{ channel: channel.id }}
                >
                  {channel.name}
                </Link>
                <div className="quiet">{labelKind(channel.kind)}</div>
              </td>
              <td data-wide="true">
                <State look={channelAppearance(channel)} />
                <div className="quiet">{explainChannelState(channel)}</div>
              </td>
              <td data-wide="true">{describeTarget(channel)}</td>
              <td>
                {channel.last_delivered_at === null ? 'never' : <Time at={channel.last_delivered_at} />}
              </td>
              <td>
                <ChannelActions {...props} channel={channel} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ChannelActions(props: ChannelRowsProps & { channel: AlertChannelResponse }) {
  const { channel, onOutcome, onEdit, onSecret, onTested } = props;
  const { params, whyNotChange } = useWorkspace();
  const { name, is_enabled: isEnabled } = channel;
  const at = { params: { ...params, channel_id: channel.id } };
  async function replaceSecret(): Promise<AlertChannelSecretResponse> {
    const replaced = await api.call('replace_alert_channel_secret', { ...at, body: {} });
    await refresh();
    return replaced;
  }
  return (
    <TargetActions
      name={name}
      isEnabled={isEnabled}
      whyNot={{ send: whyNotChange('alert-channel.send'), change: whyNotChange('alert-channel.update') }}
      sent="messages"
      testLabel={`Send test through ${name}`}
      test={async () => {
        onTested(channel, await api.call('test_alert_channel', at));
        await refresh();
      }}
      toggle={async () => {
        await api.call('update_alert_channel', { ...at, body: { is_enabled: !isEnabled } });
        await refresh();
        onOutcome(`${name} ${isEnabled ? 'sends no alerts now' : 'sends alerts again'}.`);
      }}
      onEdit={() => onEdit(channel)}
      replaceSecret={channel.kind === 'webhook' ? replaceSecret : null}
      onSecret={onSecret}
      remove={async () => {
        await api.call('delete_alert_channel', at);
        await refresh();
      }}
      onRemoved={() => onOutcome(`${name} deleted.`)}
    />
  );
}
