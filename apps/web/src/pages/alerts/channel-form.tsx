import type { AlertChannelKind, AlertChannelResponse, AlertChannelSecretResponse } from '@pumphouse/contract';
import { Modal, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { SecretAddressInput } from '../../deliveries/secret-address-input.tsx';
import { ChangeForm } from '../../forms/change-form.tsx';
import { useChange, type Change } from '../../forms/use-change.ts';
import { OptionSelect } from '../../ui/option-select.tsx';
import { workspaceAccess } from '../../workspace/use-people.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import {
  emptyChannel,
  kindLabels,
  toCreateRequest,
  toUpdateRequest,
  toValues,
  type ChannelValues,
  type Member,
} from './channel-values.ts';

interface ChannelFormProps {
  /** Null creates a channel. */
  channel: AlertChannelResponse | null;
  onClose: () => void;
  onCreated: (created: AlertChannelSecretResponse) => void;
  onChanged: (changed: AlertChannelResponse) => void;
}

/** Dialog that creates or changes a channel. */
export function ChannelDialog(props: ChannelFormProps) {
  const { id } = useWorkspace();
  const { data } = useQuery(workspaceAccess(id));
  const { channel, onClose } = props;
  const members = data?.items.flatMap(({ kind, user_id, email }) =>
    kind === 'human' ? [{ userId: user_id, email }] : [],
  );
  return (
    <Modal
      opened
      onClose={onClose}
      title={channel ? `Change ${channel.name}` : 'Create channel'}
      centered
      size="lg"
    >
      {members && <ChannelForm {...props} members={members} />}
    </Modal>
  );
}

function ChannelForm({ channel, members, onCreated, onChanged }: ChannelFormProps & { members: Member[] }) {
  const { params } = useWorkspace();
  const change = useChange({
    initial: channel ? toValues(channel, members) : emptyChannel,
    send: async (values) => {
      if (channel) {
        const at = { ...params, channel_id: channel.id };
        const body = toUpdateRequest(values, members);
        const changed = await api.call('update_alert_channel', { params: at, body });
        return () => onChanged(changed);
      }
      const body = toCreateRequest(values, members);
      const created = await api.call('create_alert_channel', { params, body });
      return () => onCreated(created);
    },
    fieldOf: (key) => (key.startsWith('recipients') ? 'addresses' : key),
    onDone: (report) => {
      void fetchAnew(queryClient, ['list_alert_channels']);
      report();
    },
  });
  const { values, problems, set } = change;
  return (
    <ChangeForm change={change} action={channel ? 'Save' : 'Create channel'}>
      <TextInput
        label="Name"
        autoComplete="off"
        data-autofocus
        value={values.name}
        error={problems.name}
        onChange={(event) => set('name', event.currentTarget.value)}
      />
      {!channel && (
        <OptionSelect
          label="Kind"
          options={channelKinds.map((value) => ({ value, label: kindLabels[value] }))}
          value={values.kind}
          onChoose={(kind) => set('kind', kind)}
        />
      )}
      <KindFields change={change} isNew={channel === null} />
    </ChangeForm>
  );
}

const channelKinds = ['slack', 'teams', 'webhook', 'pagerduty', 'email'] as const;

const urlDescriptions: Partial<Record<AlertChannelKind, string>> = {
  slack: 'The URL of an incoming webhook. In Slack: App, Incoming Webhooks, Add New Webhook.',
  teams: 'The URL of a workflow that starts when a Teams webhook request is received.',
  webhook:
    'Gets a signed JSON body for each message. The signing secret is shown after you create the channel.',
};

function KindFields({ change, isNew }: { change: Change<ChannelValues>; isNew: boolean }) {
  const { values, problems, set } = change;
  if (values.kind === 'email') return <MailFields change={change} />;
  if (values.kind === 'pagerduty')
    return (
      <>
        <SecretAddressInput
          label="Integration key"
          description="Of an Events API v2 integration of the service, 32 characters."
          isStored={!isNew}
          value={values.routing_key}
          error={problems.routing_key}
          onChange={(key) => set('routing_key', key)}
        />
        <OptionSelect
          label="Service region"
          options={[
            { value: 'us', label: 'United States' },
            { value: 'eu', label: 'Europe' },
          ]}
          value={values.region}
          onChoose={(region) => set('region', region)}
        />
      </>
    );
  return (
    <SecretAddressInput
      label="URL"
      description={urlDescriptions[values.kind] ?? ''}
      isStored={!isNew}
      value={values.url}
      error={problems.url}
      onChange={(url) => set('url', url)}
    />
  );
}

function MailFields({ change: { values, problems, set } }: { change: Change<ChannelValues> }) {
  return (
    <>
      <OptionSelect
        label="Members by role"
        options={[
          { value: 'owners', label: 'Owners of the workspace' },
          { value: 'members', label: 'All members of the workspace' },
          { value: 'none', label: 'None' },
        ]}
        value={values.group}
        onChoose={(group) => set('group', group)}
      />
      <Textarea
        label="Further recipients"
        description="Email addresses, one on each line. Members get no mail after they leave the workspace."
        autosize
        minRows={2}
        value={values.addresses}
        error={problems.addresses}
        onChange={(event) => set('addresses', event.currentTarget.value)}
      />
    </>
  );
}
