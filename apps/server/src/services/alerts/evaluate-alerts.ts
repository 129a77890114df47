import type { AlertRuleRecord } from '../../store/records.ts';
import type { Clock } from '../scheduling/clock.ts';
import type { Derived, Occurrence } from '../../domain/alerts/derive-occurrences.ts';
import type { FaultPoints } from '../../platform/fault-points.ts';
import type { Logger } from 'pino';
import type { Observation, ObserveConditions, ObservedWorkspace } from './observe-conditions.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { NotifyIncidents } from './notify-incidents.ts';
import { alertKinds } from '../../domain/alerts/alert-kinds.ts';
import { createConsolePaths } from '../../domain/alerts/incident-text.ts';
import { deriveFromEvent } from './evaluate-events.ts';

type Stores =
  | 'alertDeliveries'
  | 'alertEvents'
  | 'alertIncidents'
  | 'alertRules'
  | 'alertSources'
  | 'installation'
  | 'workspaces';

export interface EvaluateAlertsDependencies {
  persistence: Persistence<Stores>;
  observeConditions: ObserveConditions;
  notifyIncidents: NotifyIncidents;
  faultPoints: FaultPoints;
  clock: Clock;
  log: Logger;
}

export type EvaluateAlerts = ReturnType<typeof createEvaluateAlerts>;

/** Workspaces that one iteration evaluates. */
const workspacesAtOnce = 50;
/** Bounds the duration of a transaction. */
const eventsAtOnce = 100;
/** An event that fails this often in a row is dropped, so that it does not block those after it. */
const maxFailures = 5;

/**
 * Creates the evaluation of rules: events, conditions of the clock, and messages. One transaction for each
 * workspace removes events, changes incidents and writes messages, so a killed server loses and repeats
 * nothing. Several servers may call it: one at a time evaluates a workspace.
 */
export function createEvaluateAlerts(dependencies: EvaluateAlertsDependencies) {
  const { persistence, observeConditions, notifyIncidents, faultPoints, clock, log } = dependencies;
  const { store } = persistence;
  /** Failures in a row by workspace. */
  const failures = new Map<string, number>();

  /** Conditions that cannot be read neither open nor resolve incidents, and do not hold up events. */
  async function observeSafely(
    rules: readonly AlertRuleRecord[],
    workspace: ObservedWorkspace,
  ): Promise<Observation> {
    try {
      return await observeConditions(rules, workspace);
    } catch (error) {
      const { workspaceId } = workspace;
      log.error({ err: error, workspaceId }, 'conditions of alert rules were not read; retried later');
      return { findings: [], incompleteRuleIds: new Set(rules.map(({ id }) => id)) };
    }
  }

  /** @returns whether events of the workspace remain */
  async function evaluateWorkspace(workspaceId: string, eventLimit: number): Promise<boolean> {
    const workspace = await store.workspaces.get(workspaceId);
    if (!workspace) return false;
    const observedAt = await clock(store);
    const due = workspace.archivedAt ? [] : await store.alertRules.listDue(workspaceId, observedAt);
    const observation = await observeSafely(due, {
      workspaceId,
      organizationId: workspace.organizationId,
      now: observedAt,
    });
    return persistence.transaction(async (tx) => {
      if (!(await tx.alertEvents.tryHold(workspaceId))) return false;
      const now = await clock(tx);
      const rules = await tx.alertRules.listEnabled(workspaceId);
      const events = await tx.alertEvents.list(workspaceId, eventLimit);
      const paths = createConsolePaths(workspaceId);
      for (const event of events) {
        if (event.kind === 'job-archived')
          await tx.alertIncidents.resolveOfArchivedJobs(workspaceId, {
            at: now,
            resolution: 'The job was archived.',
          });
        await apply(tx, await deriveFromEvent(tx, rules, event, { workspaceId, paths }), {
          workspaceId,
          now,
        });
      }
      if (events.length > 0) await tx.alertEvents.remove(events.map(({ id }) => id));
      await applyObservation(tx, unchanged(due, rules), observation, { workspaceId, now });
      await notifyIncidents(tx, { workspace: { id: workspaceId, name: workspace.name }, now });
      if (events.length > 0) await faultPoints.reach('in-alerts-before-commit');
      return events.length === eventLimit;
    });
  }

  /** After a failure events are evaluated one by one. */
  async function evaluateSafely(workspaceId: string): Promise<boolean> {
    const failed = failures.get(workspaceId) ?? 0;
    try {
      const hasMore = await evaluateWorkspace(workspaceId, failed === 0 ? eventsAtOnce : 1);
      failures.delete(workspaceId);
      return hasMore || failed > 0;
    } catch (error) {
      failures.set(workspaceId, failed + 1);
      log.error({ err: error, workspaceId }, 'alerts of a workspace were not evaluated; retried');
      if (failed + 1 >= maxFailures) await dropEvent(workspaceId);
      return false;
    }
  }

  async function dropEvent(workspaceId: string): Promise<void> {
    const [event] = await store.alertEvents.list(workspaceId, 1);
    if (!event) return;
    log.error({ workspaceId, event }, 'an event could not be evaluated for alerts and was dropped');
    await store.alertEvents.remove([event.id]);
    failures.delete(workspaceId);
  }

  /** @returns whether there is more to evaluate */
  return async function evaluateAlerts(signal?: AbortSignal): Promise<boolean> {
    const now = await clock(store);
    const workspaceIds = await store.alertEvents.listWorkspacesWithWork(now, workspacesAtOnce);
    let hasMore = workspaceIds.length === workspacesAtOnce;
    for (const workspaceId of workspaceIds) {
      if (signal?.aborted) return false;
      if (await evaluateSafely(workspaceId)) hasMore = true;
    }
    return hasMore;
  };
}

interface Scope {
  workspaceId: string;
  now: Date;
}

async function apply(
  store: Pick<Store, 'alertIncidents'>,
  { occurrences, resolutions }: Derived,
  scope: Scope,
): Promise<void> {
  for (const { ruleIds, subject, resolution } of resolutions)
    await store.alertIncidents.resolveSubject(ruleIds, subject, { at: scope.now, resolution });
  for (const occurrence of occurrences) await store.alertIncidents.record(toRow(occurrence, scope));
}

function toRow({ rule, text, ...occurrence }: Occurrence, { workspaceId }: Scope) {
  const { id: ruleId, kind, severity } = rule;
  const { isMomentary } = alertKinds[kind];
  return { ...occurrence, ...text, workspaceId, ruleId, kind, severity, isMomentary };
}

/** Opens incidents for new conditions, updates those that last, and resolves those that ended. */
async function applyObservation(
  store: Pick<Store, 'alertIncidents' | 'alertRules'>,
  rules: readonly AlertRuleRecord[],
  { findings, incompleteRuleIds }: Observation,
  scope: Scope,
): Promise<void> {
  for (const rule of rules) {
    const found = new Map(
      findings.filter((each) => each.rule.id === rule.id).map((each) => [each.subject, each]),
    );
    const open = await store.alertIncidents.listOpen(rule.id);
    const openSubjects = new Set(open.map(({ subject }) => subject));
    for (const [subject, finding] of found) {
      if (openSubjects.has(subject)) await store.alertIncidents.describe(rule.id, subject, finding.text);
      else await store.alertIncidents.record(toRow({ ...finding, at: scope.now }, scope));
    }
    const ended = open.filter(({ subject }) => !found.has(subject));
    if (!incompleteRuleIds.has(rule.id))
      for (const { subject } of ended)
        await store.alertIncidents.resolveSubject([rule.id], subject, {
          at: scope.now,
          resolution: 'The condition ended.',
        });
  }
  for (const [seconds, group] of Map.groupBy(rules, ({ kind }) => alertKinds[kind].everySeconds)) {
    if (seconds === null) continue;
    const at = new Date(scope.now.getTime() + seconds * 1000);
    await store.alertRules.setCheckAt(
      group.map(({ id }) => id),
      at,
    );
  }
}

/** The rules that are still as they were when their conditions were read. */
function unchanged(observed: readonly AlertRuleRecord[], current: readonly AlertRuleRecord[]) {
  const known = new Map(current.map((rule) => [rule.id, rule.updatedAt.getTime()]));
  return observed.filter(({ id, updatedAt }) => known.get(id) === updatedAt.getTime());
}
