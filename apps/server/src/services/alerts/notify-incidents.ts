import type {
  AlertChannelKind,
  AlertIncidentRecord,
  AlertRuleRecord,
  DueIncident,
} from '../../store/records.ts';
import type { EnqueueAlert } from './enqueue-alert.ts';
import type { MessageContext, MessageIncident } from '../../domain/alerts/compose-message.ts';
import type { Store } from '../../store/store.ts';
import type { NotificationDecision, NotificationKind } from '../../domain/alerts/decide-notification.ts';
import { alertKinds } from '../../domain/alerts/alert-kinds.ts';
import { composeMessage } from '../../domain/alerts/compose-message.ts';
import { decideNotification } from '../../domain/alerts/decide-notification.ts';
import { findQuietEnd } from '../../domain/alerts/quiet-hours.ts';

type Stores = 'alertDeliveries' | 'alertIncidents' | 'alertRules';

export interface NotificationDependencies {
  enqueueAlert: EnqueueAlert;
  publicUrl: () => string;
  /** How long incidents of one rule are gathered into one message. */
  gatherMs: number;
}

interface NotificationScope {
  workspace: { id: string; name: string };
  now: Date;
}

/** Incidents that one evaluation decides; the others follow in the next one. */
const dueAtOnce = 500;
/** A message makes others due, such as the resolution of what was just reported. */
const maxRounds = 3;

/** Receivers that call people until someone acknowledges. In chats and mail it would be noise. */
const kindsWithAcknowledgement: readonly AlertChannelKind[] = ['pagerduty', 'webhook'];

export type NotifyIncidents = ReturnType<typeof createNotifyIncidents>;

/**
 * Creates a function that writes the messages that are due into the outbox of channels, in the transaction that
 * marks their incidents as reported: a message is neither lost nor written twice.
 */
export function createNotifyIncidents({ enqueueAlert, publicUrl, gatherMs }: NotificationDependencies) {
  return async function notifyIncidents(store: Pick<Store, Stores>, scope: NotificationScope): Promise<void> {
    for (let round = 0; round < maxRounds; round += 1) {
      const due = await store.alertIncidents.listDue(scope.workspace.id, scope.now, dueAtOnce);
      if (due.length === 0) return;
      const byRule = Map.groupBy(due, ({ ruleId }) => ruleId);
      for (const rule of await store.alertRules.getMany([...byRule.keys()]))
        await notifyOfRule(store, rule, byRule.get(rule.id) ?? [], scope);
    }
  };

  async function notifyOfRule(
    store: Pick<Store, Stores>,
    rule: AlertRuleRecord,
    incidents: readonly DueIncident[],
    scope: NotificationScope,
  ): Promise<void> {
    const decided = incidents.map((incident) => ({
      incident,
      decision: decide(rule, incident, scope.now, gatherMs),
    }));
    const dueFor = (message: NotificationKind) =>
      decided.flatMap(({ incident, decision }) =>
        decision.kind === 'notify' && decision.message === message ? incident : [],
      );
    const openings = dueFor('opened').length === 0 ? [] : gather(rule, decided, scope.now);
    await sendOpening(store, rule, openings, scope);
    await sendReminders(store, rule, dueFor('reminder'), scope);
    await sendEnds(store, rule, [...dueFor('acknowledged'), ...dueFor('resolved')], scope);
    for (const { incident, decision } of decided) {
      if (openings.includes(incident) || decision.kind === 'notify') continue;
      const nextAt = decision.kind === 'wait' ? decision.nextAt : null;
      if (nextAt?.getTime() !== incident.nextAt?.getTime())
        await store.alertIncidents.setNext(incident.id, nextAt);
    }
  }

  async function sendOpening(
    store: Pick<Store, Stores>,
    rule: AlertRuleRecord,
    incidents: readonly DueIncident[],
    scope: NotificationScope,
  ): Promise<void> {
    const [first, ...others] = incidents.toSorted(byAge);
    if (!first) return;
    await enqueue(store, rule, [first, ...others], { kind: 'opened', incidentId: first.id, scope });
    const ids = incidents.map(({ id }) => id);
    await store.alertIncidents.markOpeningSent(ids, { groupId: first.id, at: scope.now });
  }

  async function sendReminders(
    store: Pick<Store, Stores>,
    rule: AlertRuleRecord,
    incidents: readonly DueIncident[],
    scope: NotificationScope,
  ): Promise<void> {
    for (const [groupId, group] of Map.groupBy(incidents, (each) => each.groupId ?? each.id)) {
      const [first, ...others] = group.toSorted(byAge);
      if (!first) continue;
      await enqueue(store, rule, [first, ...others], { kind: 'reminder', incidentId: groupId, scope });
      await store.alertIncidents.markReminded(
        group.map(({ id }) => id),
        scope.now,
      );
    }
  }

  /**
   * Incidents that were reported in one message are one alert for receivers. It is resolved when the last of
   * them is, and acknowledged when all that are open are.
   */
  async function sendEnds(
    store: Pick<Store, Stores>,
    rule: AlertRuleRecord,
    incidents: readonly DueIncident[],
    scope: NotificationScope,
  ): Promise<void> {
    for (const groupId of new Set(incidents.map((each) => each.groupId ?? each.id))) {
      const [first, ...others] = await store.alertIncidents.listGroup(groupId);
      if (!first) continue;
      for (const { id } of incidents.filter((each) => each.groupId === groupId))
        await store.alertIncidents.setNext(id, null);
      const about = { incidentId: groupId, scope };
      const [open, ...otherOpen] = [first, ...others].filter(({ resolvedAt }) => resolvedAt === null);
      if (!open) {
        await enqueue(store, rule, [first, ...others], { kind: 'resolved', ...about });
        await store.alertIncidents.markResolutionSent(groupId, scope.now);
      } else if (isNewlyAcknowledged([open, ...otherOpen])) {
        await enqueue(store, rule, [open, ...otherOpen], { kind: 'acknowledged', ...about });
        await store.alertIncidents.markAcknowledgementSent(groupId, scope.now);
      }
    }
  }

  async function enqueue(
    store: Pick<Store, Stores>,
    rule: AlertRuleRecord,
    incidents: readonly [MessageIncident, ...MessageIncident[]],
    { kind, incidentId, scope }: Pick<MessageContext, 'kind' | 'incidentId'> & { scope: NotificationScope },
  ): Promise<void> {
    if (rule.channelIds.length === 0) return;
    const { workspace, now } = scope;
    const { name: ruleName, severity } = rule;
    const context = { kind, incidentId, ruleName, severity, workspace, publicUrl: publicUrl(), now };
    await enqueueAlert(store, {
      workspaceId: workspace.id,
      channelIds: rule.channelIds,
      channelKinds: kind === 'acknowledged' ? kindsWithAcknowledgement : null,
      message: composeMessage(incidents, context),
      notBefore: null,
    });
  }
}

/** Whether a member acknowledged all of these incidents, and receivers do not know that yet. */
function isNewlyAcknowledged(incidents: readonly AlertIncidentRecord[]): boolean {
  return (
    incidents.every(({ acknowledgedAt }) => acknowledgedAt !== null) &&
    incidents.some(({ acknowledgementNotifiedAt }) => acknowledgementNotifiedAt === null)
  );
}

/** Adds the incidents that would only be gathered longer. */
function gather(
  rule: AlertRuleRecord,
  decided: readonly { incident: DueIncident }[],
  now: Date,
): DueIncident[] {
  return decided.flatMap(({ incident }) => {
    const decision = decide(rule, incident, now, 0);
    return decision.kind === 'notify' && decision.message === 'opened' ? incident : [];
  });
}

function decide(
  rule: AlertRuleRecord,
  incident: DueIncident,
  now: Date,
  gatherMs: number,
): NotificationDecision {
  const { quietHours, severity, mutedUntil, reminderSeconds } = rule;
  const isHeld = quietHours !== null && (severity !== 'critical' || quietHours.holdsCritical);
  const mutes = [mutedUntil, incident.jobMutedUntil].filter((until) => until !== null);
  return decideNotification(
    { ...incident, isMomentary: alertKinds[incident.kind].isMomentary, openedAt: incident.firstAt },
    {
      now,
      gatherMs,
      reminderMs: reminderSeconds === null ? null : reminderSeconds * 1000,
      quietUntil: isHeld ? findQuietEnd(quietHours, now) : null,
      mutedUntil: mutes.length === 0 ? null : new Date(Math.max(...mutes.map((until) => until.getTime()))),
    },
  );
}

const byAge = (one: DueIncident, other: DueIncident) =>
  one.firstAt.getTime() - other.firstAt.getTime() || (one.id < other.id ? -1 : 1);
