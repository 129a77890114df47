import type {
  AlertChannelResponse,
  AlertChannelSecretResponse,
  AlertDeliveryResponse,
} from '@pumphouse/contract';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { ActionsHead } from '../../ui/actions-head.tsx';
import { AskingButton } from '../../ui/asking-button.tsx';
import { ErrorNotice } from '../../ui/answers.tsx';
import { State } from '../../ui/state.tsx';
import table from '../../ui/table.module.css';
import { Time } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import people from '../people/people.module.css';
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
  const { name } = channel;
  const at = { params: { ...params, channel_id: channel.id } };
  const whyNot = whyNotChange('alert-channel.update');
  const test = useMutation({
    mutationFn: () => api.call('test_alert_channel', at),
    onSuccess: async (result) => {
      onTested(channel, result);
      await refresh();
    },
  });
  const toggle = useMutation({
    mutationFn: () => api.call('update_alert_channel', { ...at, body: { is_enabled: !channel.is_enabled } }),
    onSuccess: async (changed) => {
      await refresh();
      onOutcome(`${name} ${changed.is_enabled ? 'sends alerts again' : 'sends no alerts now'}.`);
    },
  });
  const error = test.error ?? toggle.error;
  return (
    <div className={people.actions}>
      {error !== null && <ErrorNotice error={error} />}
      <ActionButton
        aria-label={`Send a test through ${name}`}
        whyNot={whyNotChange('alert-channel.send')}
        loading={test.isPending}
        onClick={() => test.mutate()}
      >
        Send test
      </ActionButton>
      <ActionButton aria-label={`Change ${name}`} whyNot={whyNot} onClick={() => onEdit(channel)}>
        Change
      </ActionButton>
      <ActionButton
        aria-label={`${channel.is_enabled ? 'Disable' : 'Enable'} ${name}`}
        whyNot={whyNot}
        loading={toggle.isPending}
        onClick={() => toggle.mutate()}
      >
        {channel.is_enabled ? 'Disable' : 'Enable'}
      </ActionButton>
      {channel.kind === 'webhook' && (
        <AskingButton
          label="Replace secret"
          aria-label={`Replace the signing secret of ${name}`}
          whyNot={whyNot}
          question={`Replace the signing secret of ${name}?`}
          act={async () => {
            const replaced = await api.call('replace_alert_channel_secret', { ...at, body: {} });
            await refresh();
            return replaced;
          }}
          onDone={onSecret}
        >
          For 24 hours, messages are signed with the present secret too. Configure the new one at the receiver
          until then.
        </AskingButton>
      )}
      <AskingButton
        label="Delete"
        aria-label={`Delete ${name}`}
        whyNot={whyNot}
        question={`Delete ${name}?`}
        act={async () => {
          await api.call('delete_alert_channel', at);
          await refresh();
        }}
        onDone={() => onOutcome(`${name} deleted.`)}
      >
        Its waiting messages are not sent, and its delivery log is deleted.
      </AskingButton>
    </div>
  );
}
