import { alertKind, alertRuleRequest, alertSeverity, type AlertRuleResponse } from '@pumphouse/contract';
import { z } from 'zod';
import { flattenAttributes, nestAttributes, type Attributes } from '../entries/entry.ts';
import type { ApplyChange } from './resource-kind.ts';
import type { Ids } from './ids.ts';
import { createScopeBody, createScopeSchema, describeScope } from './scope.ts';

const request = alertRuleRequest.shape;
const innerMaps = ['scope', 'conditions'];

/** An alert rule in the file. */
export const alertRuleSchema = z.strictObject({
  kind: alertKind,
  is_enabled: z.boolean().optional(),
  severity: alertSeverity.optional(),
  scope: createScopeSchema(request.scope.unwrap().shape).optional(),
  conditions: z.strictObject(request.conditions.unwrap().shape).optional(),
  channels: z.array(z.string()).optional().describe('Names of alert channels of the workspace'),
  reminder_seconds: request.reminder_seconds.unwrap().optional(),
  quiet_hours: z.strictObject(request.quiet_hours.unwrap().unwrap().shape).nullable().optional(),
  muted: z
    .union([z.boolean(), z.iso.datetime({ offset: true })])
    .optional()
    .describe('Whether messages are muted, or until when'),
});

/** The attributes of a rule in the file. A mute that has ended counts as none. */
export function readAlertRule({ muted, ...rule }: z.output<typeof alertRuleSchema>, now: Date): Attributes {
  return {
    ...flattenAttributes(rule, innerMaps),
    ...(muted !== undefined && { muted: readMute(muted, now) }),
  };
}

function readMute(muted: boolean | string, now: Date): boolean | string {
  if (typeof muted === 'boolean') return muted;
  return Date.parse(muted) <= now.getTime() ? false : new Date(muted).toISOString();
}

/** The attributes of a rule on the server, with names for ids. */
export function describeAlertRule(rule: AlertRuleResponse, ids: Ids): Attributes {
  const { kind, is_enabled, severity, conditions, channel_ids, reminder_seconds, quiet_hours } = rule;
  const until = rule.muted_until === null ? true : new Date(rule.muted_until).toISOString();
  return flattenAttributes(
    {
      kind,
      is_enabled,
      severity,
      scope: describeScope(rule.scope, ids),
      conditions,
      channels: channel_ids.map((id) => ids.nameOf('alert_channel', id) ?? id),
      reminder_seconds,
      quiet_hours,
      muted: rule.is_muted ? until : false,
    },
    innerMaps,
  );
}

export const applyAlertRule: ApplyChange = async ({ client, ids }, { action, path, attributes, after }) => {
  const [organization = '', workspace = '', name = ''] = path;
  const workspacePath = [organization, workspace];
  const workspace_id = ids.get('workspace', workspacePath);
  if (action === 'remove') {
    await client.call('delete_alert_rule', {
      params: { workspace_id, rule_id: ids.get('alert_rule', path) },
    });
    return;
  }
  const mute = attributes.find((attribute) => attribute.name === 'muted');
  if (action === 'create' || attributes.length > (mute ? 1 : 0)) {
    const body = createBody({ ids, workspacePath }, name, after);
    const rule =
      action === 'create'
        ? await client.call('create_alert_rule', { params: { workspace_id }, body })
        : await client.call('replace_alert_rule', {
            params: { workspace_id, rule_id: ids.get('alert_rule', path) },
            body,
          });
    ids.set('alert_rule', path, rule.id);
  }
  const params = { workspace_id, rule_id: ids.get('alert_rule', path) };
  if (mute?.after === false && mute.before !== undefined) await client.call('unmute_alert_rule', { params });
  if (mute && mute.after !== false) {
    const until = typeof mute.after === 'string' ? mute.after : null;
    await client.call('mute_alert_rule', { params, body: { until } });
  }
};

interface Names {
  ids: Ids;
  workspacePath: readonly string[];
}

function createBody({ ids, workspacePath }: Names, name: string, after: Attributes) {
  const { scope, channels, muted: _, ...others } = nestAttributes(after);
  const channelNames = Array.isArray(channels) ? channels.map(String) : [];
  return alertRuleRequest.parse({
    ...others,
    name,
    scope: createScopeBody(scope, ids, workspacePath),
    channel_ids: channelNames.map((each) => ids.get('alert_channel', [...workspacePath, each])),
  });
}
