import type { AlertChannelKind } from '../../store/records.ts';
import type { ChannelSettings, MailRecipients } from '../../domain/alerts/channel-settings.ts';
import { findUrlProblem, plainHost } from '../../outbound/target-url.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** What a user sets; undefined stays as it is, or is missing at the creation. */
export interface ChannelInput {
  name?: string | undefined;
  /** Of Slack, Teams and webhooks. */
  url?: string | undefined;
  /** Of PagerDuty. */
  routingKey?: string | undefined;
  region?: 'us' | 'eu' | undefined;
  /** Of mail. */
  recipients?: MailRecipients | undefined;
}

type Property = 'url' | 'routing_key' | 'region' | 'recipients';

const properties: Record<AlertChannelKind, readonly Property[]> = {
  slack: ['url'],
  teams: ['url'],
  webhook: ['url'],
  pagerduty: ['routing_key', 'region'],
  email: ['recipients'],
};
const required: readonly Property[] = ['url', 'routing_key', 'recipients'];

/**
 * Checks the settings of a channel. Errors never quote an address or a key.
 * @param existing the settings so far; null at the creation
 * @returns `target`: a new address or routing key; null if there is none
 * @throws ServiceError invalid_request
 */
export function readChannelInput(
  kind: AlertChannelKind,
  input: ChannelInput,
  existing: ChannelSettings | null,
): { settings: ChannelSettings; target: string | null } {
  const given: Record<Property, unknown> = {
    url: input.url,
    routing_key: input.routingKey,
    region: input.region,
    recipients: input.recipients,
  };
  for (const property of ['url', 'routing_key', 'region', 'recipients'] as const) {
    const isFitting = properties[kind].includes(property);
    if (!isFitting && given[property] !== undefined)
      refuse(property, `is not a property of channels of the kind ${kind}`);
    if (isFitting && required.includes(property) && given[property] === undefined && existing === null)
      refuse(property, `is required for channels of the kind ${kind}`);
  }
  if (input.url !== undefined) checkUrl(input.url);
  if (input.recipients) checkRecipients(input.recipients);
  return {
    settings: {
      host: input.url === undefined ? (existing?.host ?? null) : plainHost(new URL(input.url)),
      region: kind === 'pagerduty' ? (input.region ?? existing?.region ?? 'us') : null,
      recipients: input.recipients ?? existing?.recipients ?? null,
    },
    target: input.url ?? input.routingKey ?? null,
  };
}

/** Whether the server may reach the address is decided when it sends: names change their addresses. */
function checkUrl(url: string): void {
  const problem = findUrlProblem(url);
  if (problem !== null) refuse('url', problem);
}

function checkRecipients({ group, userIds, addresses }: MailRecipients): void {
  if (group === null && userIds.length === 0 && addresses.length === 0)
    refuse('recipients', 'must name a group, a member or an address');
}

function refuse(key: Property, message: string): never {
  throw new ServiceError('invalid_request', `${key} ${message}.`, [{ key, message }]);
}
