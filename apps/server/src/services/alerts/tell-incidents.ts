import type { AlertRuleRecord, DueIncident } from '../../store/records.ts';
import type { EnqueueAlert } from './enqueue-alert.ts';
import type { MessageContext, ToldIncident } from '../../domain/alerts/compose-message.ts';
import type { Store } from '../../store/store.ts';
import type { TellingDecision } from '../../domain/alerts/incident-telling.ts';
import { alertKinds } from '../../domain/alerts/alert-kinds.ts';
import { composeMessage } from '../../domain/alerts/compose-message.ts';
import { decideTelling } from '../../domain/alerts/incident-telling.ts';
import { findQuietEnd } from '../../domain/alerts/quiet-hours.ts';

type Stores = 'alertDeliveries' | 'alertIncidents' | 'alertRules';

export interface TellingDependencies {
  enqueueAlert: EnqueueAlert;
  publicUrl: () => string;
  /** How long incidents of one rule are gathered into one message. */
  gatherMs: number;
}

interface TellingScope {
  workspace: { id: string; name: string };
  now: Date;
}

/** Incidents that one evaluation decides; the others follow in the next one. */
const dueAtOnce = 500;
/** A message makes others due, such as the resolution of what was just told. */
const maxRounds = 3;

export type TellIncidents = ReturnType<typeof createTellIncidents>;

/**
 * Creates a function that writes the messages that are due into the outbox of channels, in the transaction that
 * marks their incidents as told: a message is neither lost nor written twice.
 */
export function createTellIncidents({ enqueueAlert, publicUrl, gatherMs }: TellingDependencies) {
  return async function tellIncidents(store: Pick<Store, Stores>, scope: TellingScope): Promise<void> {
    for (let round = 0; round < maxRounds; round += 1) {
      const due = await store.alertIncidents.listDue(scope.workspace.id, scope.now, dueAtOnce);
      if (due.length === 0) return;
      const byRule = Map.groupBy(due, ({ ruleId }) => ruleId);
      for (const rule of await store.alertRules.getMany([...byRule.keys()]))
        await tellOfRule(store, rule, byRule.get(rule.id) ?? [], scope);
    }
  };

  async function tellOfRule(
    store: Pick<Store, Stores>,
    rule: AlertRuleRecord,
    incidents: readonly DueIncident[],
    scope: TellingScope,
  ): Promise<void> {
    const decided = incidents.map((incident) => ({
      incident,
      decision: decide(rule, incident, scope.now, gatherMs),
    }));
    const told = (what: string) =>
      decided.flatMap(({ incident, decision }) =>
        decision.kind === 'tell' && decision.told === what ? incident : [],
      );
    const openings = told('opened').length === 0 ? [] : gather(rule, decided, scope.now);
    await tellOpening(store, rule, openings, scope);
    await tellReminders(store, rule, told('reminder'), scope);
    await tellResolutions(store, rule, told('resolved'), scope);
    for (const { incident, decision } of decided) {
      if (openings.includes(incident) || decision.kind === 'tell') continue;
      const nextAt = decision.kind === 'wait' ? decision.nextAt : null;
      if (nextAt?.getTime() !== incident.nextAt?.getTime())
        await store.alertIncidents.setNext(incident.id, nextAt);
    }
  }

  async function tellOpening(
    store: Pick<Store, Stores>,
    rule: AlertRuleRecord,
    incidents: readonly DueIncident[],
    scope: TellingScope,
  ): Promise<void> {
    const [first, ...others] = incidents.toSorted(byAge);
    if (!first) return;
    await enqueue(store, rule, [first, ...others], { kind: 'opened', incidentId: first.id, scope });
    const ids = incidents.map(({ id }) => id);
    await store.alertIncidents.markOpeningTold(ids, { toldAs: first.id, at: scope.now });
  }

  async function tellReminders(
    store: Pick<Store, Stores>,
    rule: AlertRuleRecord,
    incidents: readonly DueIncident[],
    scope: TellingScope,
  ): Promise<void> {
    for (const [toldAs, group] of Map.groupBy(incidents, (each) => each.toldAs ?? each.id)) {
      const [first, ...others] = group.toSorted(byAge);
      if (!first) continue;
      await enqueue(store, rule, [first, ...others], { kind: 'reminder', incidentId: toldAs, scope });
      await store.alertIncidents.markReminded(
        group.map(({ id }) => id),
        scope.now,
      );
    }
  }

  /** Incidents that were told in one message are resolved in one, when the last of them is. */
  async function tellResolutions(
    store: Pick<Store, Stores>,
    rule: AlertRuleRecord,
    incidents: readonly DueIncident[],
    scope: TellingScope,
  ): Promise<void> {
    for (const toldAs of new Set(incidents.map((each) => each.toldAs ?? each.id))) {
      const [first, ...others] = await store.alertIncidents.listToldAs(toldAs);
      if (!first) continue;
      if ([first, ...others].some(({ resolvedAt }) => resolvedAt === null)) {
        for (const { id } of incidents.filter((each) => each.toldAs === toldAs))
          await store.alertIncidents.setNext(id, null);
        continue;
      }
      await enqueue(store, rule, [first, ...others], { kind: 'resolved', incidentId: toldAs, scope });
      await store.alertIncidents.markResolutionTold(toldAs, scope.now);
    }
  }

  async function enqueue(
    store: Pick<Store, Stores>,
    rule: AlertRuleRecord,
    incidents: readonly [ToldIncident, ...ToldIncident[]],
    { kind, incidentId, scope }: Pick<MessageContext, 'kind' | 'incidentId'> & { scope: TellingScope },
  ): Promise<void> {
    if (rule.channelIds.length === 0) return;
    const { workspace, now } = scope;
    const { name: ruleName, severity } = rule;
    const context = { kind, incidentId, ruleName, severity, workspace, publicUrl: publicUrl(), now };
    await enqueueAlert(store, {
      workspaceId: workspace.id,
      channelIds: rule.channelIds,
      message: composeMessage(incidents, context),
      notBefore: null,
    });
  }
}

/** Adds the incidents that would only be gathered longer. */
function gather(
  rule: AlertRuleRecord,
  decided: readonly { incident: DueIncident }[],
  now: Date,
): DueIncident[] {
  return decided.flatMap(({ incident }) => {
    const decision = decide(rule, incident, now, 0);
    return decision.kind === 'tell' && decision.told === 'opened' ? incident : [];
  });
}

function decide(rule: AlertRuleRecord, incident: DueIncident, now: Date, gatherMs: number): TellingDecision {
  const { quietHours, severity, mutedUntil, reminderSeconds } = rule;
  const isHeld = quietHours !== null && (severity !== 'critical' || quietHours.holdsCritical);
  const mutes = [mutedUntil, incident.jobMutedUntil].filter((until) => until !== null);
  return decideTelling(
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
