import type { AlertKind, AlertRuleRequest, AlertRuleResponse } from '@pumphouse/contract';
import { confirm } from '../terminal/confirm.ts';
import { findChannel } from './find-channel.ts';
import { findRule } from './find-rule.ts';
import { parseConditions, parseQuietHours, parseReminder, type RuleOptions } from './rule-options.ts';
import { readPauseEnd } from './pause-end.ts';
import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';

export interface CreateRuleOptions extends RuleOptions {
  kind: AlertKind;
}

export interface UpdateRuleOptions extends RuleOptions {
  name?: string;
  enable?: boolean;
  disable?: boolean;
}

/** Creates a rule with the defaults of its kind. */
export async function createRule(session: Session, name: string, options: CreateRuleOptions): Promise<void> {
  const params = { workspace_id: await session.workspaceId() };
  const body = { name, kind: options.kind, ...(await readContent(session, options, null)) };
  const created = await session.client.call('create_alert_rule', { params, body });
  report(session, created, `Created ${created.name}. It sends to ${countChannels(created)}.`);
}

/** Changes the named parts of a rule. */
export async function updateRule(
  session: Session,
  current: string,
  options: UpdateRuleOptions,
): Promise<void> {
  const { rule, params } = await findRule(session, current);
  const { name, enable = false, disable = false } = options;
  const { kind, severity, scope, conditions, channel_ids, reminder_seconds, quiet_hours } = rule;
  const existing = { kind, severity, scope, conditions, channel_ids, reminder_seconds, quiet_hours };
  const content = {
    ...existing,
    name: name ?? rule.name,
    is_enabled: enable || (rule.is_enabled && !disable),
    ...(await readContent(session, options, rule)),
  };
  // Kinds and severities of a newer server are sent back as they are.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the server checks them
  const body = content as AlertRuleRequest;
  const changed = await session.client.call('replace_alert_rule', { params, body });
  report(session, changed, `Changed ${changed.name}: ${changed.is_enabled ? 'enabled' : 'disabled'}.`);
}

/** Deletes a rule after a question. */
export async function deleteRule(
  session: Session,
  name: string,
  { yes = false }: { yes?: boolean },
): Promise<void> {
  const { rule, params } = await findRule(session, name);
  await confirm(session.terminal, `Delete the rule ${rule.name} with its incidents?`, { isConfirmed: yes });
  await session.client.call('delete_alert_rule', { params });
  report(session, rule, `Deleted ${rule.name}.`);
}

/** Records incidents of a rule without sending them. */
export async function muteRule(session: Session, name: string, duration: string | undefined): Promise<void> {
  const until = duration === undefined ? null : readPauseEnd(duration);
  const { params } = await findRule(session, name);
  const muted = await session.client.call('mute_alert_rule', { params, body: { until } });
  const end = until === null ? 'until it is unmuted' : `until ${until}`;
  report(session, muted, `The rule ${muted.name} is muted ${end}.`);
}

/** Sends incidents of a rule again. */
export async function unmuteRule(session: Session, name: string): Promise<void> {
  const { params } = await findRule(session, name);
  const rule = await session.client.call('unmute_alert_rule', { params });
  report(session, rule, `Incidents of the rule ${rule.name} are sent again.`);
}

/** The parts that options name. Lists replace those of the rule; conditions are added to them. */
async function readContent(session: Session, options: RuleOptions, existing: AlertRuleResponse | null) {
  const { severity, channel, job, tag, pipeline, set, remind, quietHours, holdCritical } = options;
  const scope = existing?.scope ?? { job_ids: [], job_patterns: [], tags: [], pipeline_names: [] };
  const channels = channel?.map((name) => findChannel(session, name));
  return {
    ...(severity && { severity }),
    ...(channels && { channel_ids: (await Promise.all(channels)).map((found) => found.channel.id) }),
    ...((job ?? tag ?? pipeline) && {
      scope: {
        job_ids: job ? [] : scope.job_ids,
        job_patterns: job ?? scope.job_patterns,
        tags: tag ?? scope.tags,
        pipeline_names: pipeline ?? scope.pipeline_names,
      },
    }),
    ...(set && { conditions: { ...existing?.conditions, ...parseConditions(set) } }),
    ...(remind !== undefined && { reminder_seconds: parseReminder(remind) }),
    ...(quietHours !== undefined && { quiet_hours: parseQuietHours(quietHours, holdCritical ?? false) }),
  };
}

function countChannels({ channel_ids: ids }: AlertRuleResponse): string {
  if (ids.length === 0) return 'no channel';
  return ids.length === 1 ? '1 channel' : `${ids.length} channels`;
}
