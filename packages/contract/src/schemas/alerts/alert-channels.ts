import { z } from 'zod';
import { emailAddress } from '../people/invitations.ts';
import { overlapHours, targetName, targetState, targetUrl } from '../deliveries/deliveries.ts';
import { namedEnum, openEnum, requestObject, responseObject, uuid } from '../primitives.ts';

const maxRecipients = 50;

export const alertChannelKind = namedEnum('AlertChannelKind', [
  'slack',
  'teams',
  'webhook',
  'pagerduty',
  'email',
]);
export type AlertChannelKind = z.output<typeof alertChannelKind>;

export const pagerDutyRegion = namedEnum('PagerDutyRegion', ['us', 'eu']);

/** Members who get mail because of their role in the workspace: its owners, or all of them. */
export const recipientGroup = namedEnum('AlertRecipientGroup', ['owners', 'members']);

/** The address or key of a channel is written, and never returned. */
const properties = {
  /** Of Slack, Teams and webhooks. */
  url: targetUrl.optional(),
  /** Of PagerDuty: the integration key of a service, 32 characters. */
  routing_key: z
    .string()
    .regex(/^[A-Za-z0-9]{32}$/, 'must have 32 letters and digits')
    .optional(),
  region: pagerDutyRegion.optional(),
  /** Of mail. */
  recipients: requestObject('AlertRecipientsRequest', {
    group: recipientGroup.nullable().default(null),
    user_ids: z.array(uuid).max(maxRecipients).default([]),
    addresses: z.array(emailAddress).max(maxRecipients).default([]),
  }).optional(),
};

export const createAlertChannelRequest = requestObject('CreateAlertChannelRequest', {
  name: targetName,
  kind: alertChannelKind,
  ...properties,
});
export type CreateAlertChannelRequest = z.output<typeof createAlertChannelRequest>;

/** Properties that are left out stay. */
export const updateAlertChannelRequest = requestObject('UpdateAlertChannelRequest', {
  name: targetName.optional(),
  is_enabled: z.boolean().optional(),
  ...properties,
});
export type UpdateAlertChannelRequest = z.output<typeof updateAlertChannelRequest>;

export const replaceAlertSecretRequest = requestObject('ReplaceAlertSecretRequest', {
  overlap_hours: overlapHours,
});
export type ReplaceAlertSecretRequest = z.output<typeof replaceAlertSecretRequest>;

export const alertRecipients = responseObject('AlertRecipients', {
  group: recipientGroup.nullable(),
  user_ids: z.array(uuid),
  addresses: z.array(z.string()),
});

/** `rejected`: the receiver rejected several messages in a row. */
export const alertChannelDisabledReason = namedEnum('AlertChannelDisabledReason', ['user', 'rejected']);

const channel = {
  id: uuid,
  name: z.string(),
  kind: openEnum(alertChannelKind),
  /** The host of the address; the rest is secret. */
  host: z.string().nullable(),
  region: pagerDutyRegion.nullable(),
  recipients: alertRecipients.nullable(),
  ...targetState(openEnum(alertChannelDisabledReason)),
};

export const alertChannelResponse = responseObject('AlertChannelResponse', channel);
export type AlertChannelResponse = z.output<typeof alertChannelResponse>;

/** The signing secret is returned only once; null for kinds that are not signed. */
export const alertChannelSecretResponse = responseObject('AlertChannelSecretResponse', {
  ...channel,
  signing_secret: z.string().nullable(),
});
export type AlertChannelSecretResponse = z.output<typeof alertChannelSecretResponse>;

/** Sorted by name. */
export const alertChannelsResponse = responseObject('AlertChannelsResponse', {
  channels: z.array(alertChannelResponse),
});
export type AlertChannelsResponse = z.output<typeof alertChannelsResponse>;
