import {
  alertChannelKind,
  asObject,
  createAlertChannelRequest,
  pagerDutyRegion,
  recipientGroup,
  updateAlertChannelRequest,
} from '@pumphouse/contract';
import { z } from 'zod';
import { nestAttributes, SecretValue, flattenAttributes, type Attributes } from '../entries/entry.ts';
import { readAll } from '../../paging/read-all.ts';
import { secretReference } from '../file/secret-reference.ts';
import type { ApplyChange, ApplyContext } from './resource-kind.ts';
import { hideSigningSecret } from './signing-secret.ts';
import { readTargetUrl } from './target-url.ts';

const recipients = createAlertChannelRequest.shape.recipients.unwrap().shape;

const targets = {
  slack: 'url',
  teams: 'url',
  webhook: 'url',
  pagerduty: 'routing_key',
  email: 'recipients',
} as const;

/** An alert channel in the file. */
export const alertChannelSchema = z
  .strictObject({
    kind: alertChannelKind,
    is_enabled: z.boolean().optional(),
    url: secretReference.optional(),
    routing_key: secretReference.optional(),
    region: pagerDutyRegion.optional().describe('Service region of PagerDuty'),
    recipients: z
      .strictObject({
        group: recipientGroup.nullable().optional().describe('Members who get mail because of their role'),
        users: z
          .array(z.string().toLowerCase())
          .optional()
          .describe('E-mail addresses of members of the workspace'),
        addresses: recipients.addresses.unwrap().optional(),
      })
      .optional(),
  })
  .superRefine((channel, context) => {
    const needed = targets[channel.kind];
    for (const name of new Set(Object.values(targets))) {
      if ((channel[name] === undefined) !== (name === needed)) continue;
      const message =
        name === needed
          ? `needs ${name}, because its kind is ${channel.kind}`
          : `has ${name}, which is not for the kind ${channel.kind}`;
      context.addIssue({ code: 'custom', path: [], message });
    }
  });

/** The attributes of a channel in the file. */
export function readAlertChannel(
  { url, routing_key: routingKey, ...channel }: z.output<typeof alertChannelSchema>,
  availableSecret: (reference: string) => string | null,
): Attributes {
  return {
    ...flattenAttributes(channel, ['recipients']),
    ...(url !== undefined && readTargetUrl(url, availableSecret)),
    ...(routingKey !== undefined && { routing_key: new SecretValue(routingKey) }),
  };
}

export const applyAlertChannel: ApplyChange = async (context, { action, path, attributes, after }) => {
  const { client, ids } = context;
  const [organization = '', workspace = '', name = ''] = path;
  const workspace_id = ids.get('workspace', [organization, workspace]);
  if (action === 'remove') {
    await client.call('delete_alert_channel', {
      params: { workspace_id, channel_id: ids.get('alert_channel', path) },
    });
    return {};
  }
  await findUsers(context, { workspace_id, path: [organization, workspace] }, after);
  const body = createBody(context, [organization, workspace], after);
  if (action === 'update') {
    const params = { workspace_id, channel_id: ids.get('alert_channel', path) };
    const isNewTarget = attributes.some(({ name: changed }) =>
      ['host', 'url', 'routing_key'].includes(changed),
    );
    const { url, routing_key: routingKey, ...others } = body;
    await client.call('update_alert_channel', {
      params,
      body: updateAlertChannelRequest.parse({
        ...others,
        ...(isNewTarget && { url, routing_key: routingKey }),
      }),
    });
    return {};
  }
  const created = await client.call('create_alert_channel', {
    params: { workspace_id },
    body: createAlertChannelRequest.parse({ ...body, name }),
  });
  ids.set('alert_channel', path, created.id);
  if (after['is_enabled'] === false) {
    const params = { workspace_id, channel_id: created.id };
    await client.call('update_alert_channel', { params, body: { is_enabled: false } });
  }
  if (created.signing_secret === null) return {};
  return hideSigningSecret(created.signing_secret, { command: 'alert channels', name, workspace });
};

/** Users of a workspace that this apply has created are not known yet. */
async function findUsers(
  { client, ids }: ApplyContext,
  { workspace_id, path }: { workspace_id: string; path: readonly string[] },
  after: Attributes,
): Promise<void> {
  const users = after['recipients.users'];
  if (!Array.isArray(users) || users.every((email) => ids.find('user', [...path, String(email)]))) return;
  const access = await readAll((page) =>
    client.call('list_workspace_access', { params: { workspace_id }, query: page }),
  );
  for (const { email, user_id } of access) ids.set('user', [...path, email.toLowerCase()], user_id);
}

function createBody({ ids, secretOf }: ApplyContext, workspacePath: readonly string[], after: Attributes) {
  const secret = (name: string) => {
    const value = after[name];
    return value instanceof SecretValue && value.reference !== null ? secretOf(value.reference) : undefined;
  };
  const { recipients: given, kind, region, is_enabled: isEnabled } = nestAttributes(after);
  const { users, ...others } = asObject(given);
  return {
    kind,
    region: region ?? undefined,
    is_enabled: isEnabled,
    url: secret('url'),
    routing_key: secret('routing_key'),
    recipients: given && {
      ...others,
      ...(Array.isArray(users) && {
        user_ids: users.map((email: string) => ids.get('user', [...workspacePath, email])),
      }),
    },
  };
}
