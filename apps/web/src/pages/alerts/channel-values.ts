import type {
  AlertChannelKind,
  AlertChannelResponse,
  CreateAlertChannelRequest,
  UpdateAlertChannelRequest,
} from '@pumphouse/contract';

/** The fields of the form. Those of other kinds are kept while the user changes the kind. */
export interface ChannelValues {
  name: string;
  kind: AlertChannelKind;
  url: string;
  routing_key: string;
  region: 'us' | 'eu';
  group: 'none' | 'owners' | 'members';
  /** One on each line. */
  addresses: string;
}

export interface Member {
  userId: string;
  email: string;
}

export const kindLabels: Record<AlertChannelKind, string> = {
  slack: 'Slack',
  teams: 'Microsoft Teams',
  webhook: 'Webhook',
  pagerduty: 'PagerDuty',
  email: 'Email',
};

/** @param kind may be a kind of a newer server */
export const labelKind = (kind: string): string => (isKind(kind) ? kindLabels[kind] : kind);

const isKind = (kind: string): kind is AlertChannelKind => Object.hasOwn(kindLabels, kind);

export const emptyChannel: ChannelValues = {
  name: '',
  kind: 'slack',
  url: '',
  routing_key: '',
  region: 'us',
  group: 'owners',
  addresses: '',
};

/** Fills the form from a channel. The address and the key are secret: an empty field keeps them. */
export function toValues(channel: AlertChannelResponse, members: readonly Member[]): ChannelValues {
  const { recipients } = channel;
  const emails = recipients?.user_ids.flatMap(
    (id) => members.find(({ userId }) => userId === id)?.email ?? [],
  );
  return {
    ...emptyChannel,
    name: channel.name,
    kind: isKind(channel.kind) ? channel.kind : emptyChannel.kind,
    region: channel.region ?? 'us',
    group: recipients?.group ?? 'none',
    addresses: [...(emails ?? []), ...(recipients?.addresses ?? [])].join('\n'),
  };
}

/** Builds the request that creates a channel. */
export function toCreateRequest(
  values: ChannelValues,
  members: readonly Member[],
): CreateAlertChannelRequest {
  return { name: values.name, kind: values.kind, ...toProperties(values, members) };
}

/** Builds the request that changes a channel. */
export function toUpdateRequest(
  values: ChannelValues,
  members: readonly Member[],
): UpdateAlertChannelRequest {
  const { url, routing_key, ...others } = toProperties(values, members);
  return {
    name: values.name,
    ...others,
    ...(url !== undefined && url !== '' && { url }),
    ...(routing_key !== undefined && routing_key !== '' && { routing_key }),
  };
}

function toProperties(values: ChannelValues, members: readonly Member[]) {
  switch (values.kind) {
    case 'pagerduty':
      return { routing_key: values.routing_key.trim(), region: values.region };
    case 'email':
      return { recipients: toRecipients(values, members) };
    default:
      return { url: values.url.trim() };
  }
}

/** The address of a member becomes the member, who gets no mail after leaving the workspace. */
function toRecipients({ group, addresses }: ChannelValues, members: readonly Member[]) {
  const entries = [...new Set(addresses.split(/[\s,;]+/).filter((entry) => entry !== ''))];
  const memberOf = (entry: string) =>
    members.find(({ email }) => email.toLowerCase() === entry.toLowerCase());
  return {
    group: group === 'none' ? null : group,
    user_ids: entries.flatMap((entry) => memberOf(entry)?.userId ?? []),
    addresses: entries.filter((entry) => !memberOf(entry)),
  };
}
