import type { AlertRuleContent, AlertRuleRecord, ListedAlertRule } from '../../store/records.ts';
import type { AlertRuleDraft } from './check-rule.ts';
import type { Clock } from '../scheduling/clock.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { checkRule, invalidRule } from './check-rule.ts';
import { listSuggestedRules } from '../../domain/alerts/suggested-rules.ts';
import { recordChange } from '../audit/audit.ts';
import { requireFutureEnd } from './pause-end.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { untilLifted } from '../../domain/alerts/mutes.ts';
import { isSameScope, wholeWorkspace } from '../../domain/alerts/rule-scope.ts';
import { changeOpenWorkspace } from '../workspaces/open-workspace.ts';

type Stores =
  | 'alertChannels'
  | 'alertEvents'
  | 'alertIncidents'
  | 'alertRules'
  | 'auditLog'
  | 'installation'
  | 'jobs'
  | 'workspaces';

/** A member who changes rules. Rules about the installation are visible only to owners of the workspace. */
export interface RuleReader {
  workspaceId: string;
  isOwner: boolean;
}

export interface RuleChanger extends RuleReader {
  userId: string;
}

export type AlertRules = ReturnType<typeof createAlertRules>;

const maxRules = 200;

/** Manages the alert rules of workspaces. */
export function createAlertRules(persistence: Persistence<Stores>, clock: Clock) {
  const { store } = persistence;

  async function get(
    { alertRules }: Pick<Store, 'alertRules'>,
    reader: RuleReader,
    ruleId: string,
  ): Promise<ListedAlertRule> {
    const rule = await alertRules.get(reader.workspaceId, ruleId);
    if (!rule || !isVisible(rule, reader))
      throw new ServiceError('not_found', `There is no alert rule ${ruleId}.`);
    return rule;
  }

  async function checkDraft(
    tx: Pick<Store, Stores>,
    changer: RuleReader,
    draft: AlertRuleDraft,
    existing: AlertRuleRecord | null = null,
  ): Promise<AlertRuleContent> {
    if (!isVisible(draft, changer))
      throw new ServiceError('forbidden', 'Only owners of the workspace may watch the scheduler.');
    const content = checkRule(draft, await clock(tx));
    const known = new Set(
      (await tx.jobs.getMany(content.scope.jobIds)).flatMap((job) =>
        job.workspaceId === changer.workspaceId ? job.id : [],
      ),
    );
    const foreign = content.scope.jobIds.find((id) => !known.has(id));
    if (foreign !== undefined) throw invalidRule('scope.job_ids', `${foreign} is not a job of the workspace`);
    const channelIds = await checkChannels(tx, changer.workspaceId, content.channelIds, existing?.channelIds);
    return { ...content, channelIds };
  }

  /** @returns the channels without those that were removed since the rule was stored */
  async function checkChannels(
    tx: Pick<Store, Stores>,
    workspaceId: string,
    channelIds: readonly string[],
    existingIds: readonly string[] = [],
  ): Promise<string[]> {
    const known = new Set((await tx.alertChannels.list(workspaceId)).map(({ id }) => id));
    const foreign = channelIds.find((id) => !known.has(id) && !existingIds.includes(id));
    if (foreign !== undefined)
      throw invalidRule('channel_ids', `${foreign} is not an alert channel of the workspace`);
    return channelIds.filter((id) => known.has(id));
  }

  const change = <Result>(workspaceId: string, work: (tx: Pick<Store, Stores>) => Promise<Result>) =>
    changeOpenWorkspace<Stores, Result>(persistence, workspaceId, work);

  async function setMute(changer: RuleChanger, ruleId: string, until: Date | null): Promise<ListedAlertRule> {
    return change(changer.workspaceId, async (tx) => {
      const rule = await get(tx, changer, ruleId);
      const now = await clock(tx);
      if (until) requireFutureEnd(until, now);
      await tx.alertRules.mute(ruleId, until);
      await tx.alertIncidents.wakeOfRule(ruleId, now);
      await recordChange(tx, {
        ...aboutRule(rule),
        action: until === null ? 'alert-rule.unmute' : 'alert-rule.mute',
        before: null,
        after: until && { until: until.toISOString() },
      });
      return get(tx, changer, ruleId);
    });
  }

  return {
    /** By name. */
    list: async (reader: RuleReader): Promise<ListedAlertRule[]> =>
      (await store.alertRules.list(reader.workspaceId)).filter((rule) => isVisible(rule, reader)),

    /** @throws ServiceError not_found */
    get: (reader: RuleReader, ruleId: string): Promise<ListedAlertRule> => get(store, reader, ruleId),

    /** Checks a draft without storing it. */
    check: (reader: RuleReader, draft: AlertRuleDraft): Promise<AlertRuleContent> =>
      checkDraft(store, reader, draft),

    /** @throws ServiceError invalid_alert_rule, alert_rule_exists, alert_rule_limit, workspace_archived */
    create: (changer: RuleChanger, draft: AlertRuleDraft): Promise<ListedAlertRule> =>
      change(changer.workspaceId, async (tx) => {
        const content = await checkDraft(tx, changer, draft);
        if ((await tx.alertRules.count(changer.workspaceId)) >= maxRules)
          throw new ServiceError('alert_rule_limit', `A workspace has at most ${maxRules} alert rules.`);
        const id = await tx.alertRules.insert(changer.workspaceId, changer.userId, content);
        if (id === null) throw nameTaken(draft.name);
        if (content.isEnabled) await tx.alertEvents.addRule(changer.workspaceId, id);
        await recordChange(tx, {
          ...aboutRule({ id, workspaceId: changer.workspaceId, name: content.name }),
          action: 'alert-rule.create',
          before: null,
          after: toAudit(content),
        });
        return get(tx, changer, id);
      }),

    /**
     * Adds the proposed rules whose names are free.
     * @throws ServiceError invalid_alert_rule, workspace_archived
     */
    addSuggested: (changer: RuleChanger, channelIds: readonly string[]): Promise<ListedAlertRule[]> =>
      change(changer.workspaceId, async (tx) => {
        const { workspaceId, userId } = changer;
        const now = await clock(tx);
        await checkChannels(tx, workspaceId, channelIds);
        const added: string[] = [];
        for (const suggested of listSuggestedRules()) {
          const content = checkRule({ ...plainRule, ...suggested, channelIds }, now);
          const id = await tx.alertRules.insert(workspaceId, userId, content);
          if (id === null) continue;
          added.push(content.name);
          await tx.alertEvents.addRule(workspaceId, id);
        }
        if (added.length > 0)
          await recordChange(tx, {
            workspaceId,
            action: 'alert-rule.add-suggested',
            target: { kind: 'workspace', id: workspaceId, name: null },
            before: null,
            after: { names: added, channel_ids: channelIds },
          });
        return (await tx.alertRules.list(changer.workspaceId)).filter((rule) => isVisible(rule, changer));
      }),

    /**
     * Replaces a rule. Its open incidents end when it is disabled or watches for something else.
     * @throws ServiceError not_found, invalid_alert_rule, alert_rule_exists, workspace_archived
     */
    replace: (changer: RuleChanger, ruleId: string, draft: AlertRuleDraft): Promise<ListedAlertRule> =>
      change(changer.workspaceId, async (tx) => {
        const before = await get(tx, changer, ruleId);
        const content = await checkDraft(tx, changer, draft, before);
        if (!(await tx.alertRules.replace(before, content))) throw nameTaken(draft.name);
        const at = await clock(tx);
        // Other quiet hours, reminders and channels count for open incidents too.
        await tx.alertIncidents.wakeOfRule(ruleId, at);
        const isOther = hasOtherMeaning(before, content);
        if (content.isEnabled && (isOther || !before.isEnabled))
          await tx.alertEvents.addRule(changer.workspaceId, ruleId);
        if (!content.isEnabled || isOther)
          await tx.alertIncidents.resolveOfRule(ruleId, {
            at,
            resolution: content.isEnabled ? 'The rule was changed.' : 'The rule was disabled.',
          });
        await recordChange(tx, {
          ...aboutRule({ ...before, name: content.name }),
          action: 'alert-rule.update',
          before: toAudit(before),
          after: toAudit(content),
        });
        return get(tx, changer, ruleId);
      }),

    /**
     * Deletes a rule with its incidents.
     * @throws ServiceError not_found, workspace_archived
     */
    remove: (changer: RuleChanger, ruleId: string): Promise<void> =>
      change(changer.workspaceId, async (tx) => {
        const rule = await get(tx, changer, ruleId);
        await tx.alertRules.remove(ruleId);
        await recordChange(tx, {
          ...aboutRule(rule),
          action: 'alert-rule.delete',
          before: toAudit(rule),
          after: null,
        });
      }),

    /**
     * Mutes messages of a rule.
     * @param until null: until the mute is lifted
     * @throws ServiceError not_found, workspace_archived, alert_pause_in_past
     */
    mute: (changer: RuleChanger, ruleId: string, until: Date | null): Promise<ListedAlertRule> =>
      setMute(changer, ruleId, until ?? untilLifted),

    /** @throws ServiceError not_found, workspace_archived */
    unmute: (changer: RuleChanger, ruleId: string): Promise<ListedAlertRule> =>
      setMute(changer, ruleId, null),
  };
}

const plainRule = {
  isEnabled: true,
  scope: wholeWorkspace,
  conditions: {},
  quietHours: null,
};

function isVisible({ kind }: Pick<AlertRuleRecord, 'kind'>, { isOwner }: RuleReader): boolean {
  return isOwner || kind !== 'ticks_behind';
}

function hasOtherMeaning(before: AlertRuleRecord, content: AlertRuleContent): boolean {
  return before.kind !== content.kind || !isSameScope(before.scope, content.scope);
}

function nameTaken(name: string): ServiceError {
  return new ServiceError('alert_rule_exists', `The workspace has an alert rule with the name ${name}.`);
}

function aboutRule({ id, workspaceId, name }: { id: string; workspaceId: string; name: string }) {
  return { workspaceId, target: { kind: 'alert-rule', id, name } };
}

function toAudit(rule: AlertRuleContent | AlertRuleRecord) {
  return {
    name: rule.name,
    kind: rule.kind,
    is_enabled: rule.isEnabled,
    severity: rule.severity,
    scope: rule.scope,
    conditions: rule.conditions,
    channel_ids: rule.channelIds,
    reminder_seconds: rule.reminderSeconds,
    quiet_hours: rule.quietHours,
  };
}
