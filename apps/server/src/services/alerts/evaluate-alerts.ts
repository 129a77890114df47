import type { AlertEventRecord, AlertRuleRecord, WorkspaceRecord } from '../../store/records.ts';
import type { Clock } from '../scheduling/clock.ts';
import type { FaultPoints } from '../../platform/fault-points.ts';
import type { IncidentScope } from './write-incidents.ts';
import type { Instruments } from '../../platform/instruments.ts';
import type { Logger } from 'pino';
import type { Observation, ObserveConditions, ObservedWorkspace } from './observe-conditions.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { NotifyIncidents } from './notify-incidents.ts';
import { createConsolePaths } from '../../domain/alerts/incident-text.ts';
import { createHeldJobs } from '../../domain/alerts/held-jobs.ts';
import { createFailingEvents, FailingEventError } from './failing-events.ts';
import { deriveFromEvent } from './evaluate-events.ts';
import { isPassing } from '../../store/store-absence.ts';
import { HeldJobError, writeDerived, writeObservation } from './write-incidents.ts';
import { LockTimeoutError } from '../../store/lock-timeout-error.ts';

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
  instruments: Pick<Instruments, 'alertEventDropped' | 'alertsPostponed'>;
  faultPoints: FaultPoints;
  clock: Clock;
  log: Logger;
}

export type EvaluateAlerts = ReturnType<typeof createEvaluateAlerts>;

/** Workspaces that one iteration evaluates. */
const workspacesAtOnce = 50;
/** Bounds the duration of a transaction. */
const eventsAtOnce = 100;
/**
 * An incident refers to its job, so it waits for a transaction that holds the row of the job. Without a limit one
 * long transaction would stop the alerts of all workspaces.
 */
const lockTimeoutMs = 1000;
/**
 * How often a workspace is evaluated without a failing event or further jobs whose rows are held, before it is left
 * for later.
 */
const maxTries = 3;

/**
 * Creates the evaluation of rules: events, conditions of the clock, and messages. One transaction for each
 * workspace removes events, changes incidents and writes messages, so a killed server loses and repeats
 * nothing. Several servers may call it: one at a time evaluates a workspace. What concerns a job whose row
 * another transaction holds is evaluated by a later call, and so are an event that fails and those after it.
 */
export function createEvaluateAlerts(dependencies: EvaluateAlertsDependencies) {
  const { persistence, observeConditions, notifyIncidents, instruments, faultPoints, clock, log } =
    dependencies;
  const { store } = persistence;
  const handleFailingEvent = createFailingEvents(dependencies);

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
  async function evaluateWorkspace(workspaceId: string): Promise<boolean> {
    const workspace = await store.workspaces.get(workspaceId);
    if (!workspace) return false;
    const observedAt = await clock(store);
    const due = workspace.archivedAt ? [] : await store.alertRules.listDue(workspaceId, observedAt);
    const observation = await observeSafely(due, {
      workspaceId,
      organizationId: workspace.organizationId,
      now: observedAt,
    });
    const heldJobIds = new Set<string>();
    let failingEventId: string | null = null;
    for (let tries = 1; ; tries += 1) {
      const evaluation: Evaluation = { workspace, due, observation, heldJobIds, failingEventId };
      try {
        return await persistence.transaction((tx) => write(tx, evaluation), { lockTimeoutMs });
      } catch (error) {
        if (error instanceof FailingEventError && tries < maxTries) {
          failingEventId = (await handleFailingEvent(error)) ? null : error.event.id;
          continue;
        }
        if (!(error instanceof HeldJobError) || tries >= maxTries) throw error;
        for (const jobId of await store.alertSources.listHeldJobs(workspaceId)) heldJobIds.add(jobId);
        heldJobIds.add(error.jobId);
        notePostponed({ workspaceId, jobIds: [...heldJobIds] });
      }
    }
  }

  function notePostponed(about: { workspaceId: string; jobIds?: string[]; err?: LockTimeoutError }): void {
    instruments.alertsPostponed();
    log.warn(about, 'alerts wait for a transaction that holds a row; retried in the next iteration');
  }

  async function write(
    tx: Pick<Store, Stores>,
    { workspace, due, observation, heldJobIds, failingEventId }: Evaluation,
  ): Promise<boolean> {
    const { id: workspaceId, name } = workspace;
    if (!(await tx.alertEvents.tryHold(workspaceId))) return false;
    const now = await clock(tx);
    const scope: IncidentScope = { workspaceId, now, held: createHeldJobs(heldJobIds) };
    const rules = await tx.alertRules.listEnabled(workspaceId);
    const listed = await tx.alertEvents.list(workspaceId, eventsAtOnce);
    const failing = listed.findIndex(({ id }) => id === failingEventId);
    const events = failing === -1 ? listed : listed.slice(0, failing);
    const done: AlertEventRecord[] = [];
    for (const event of events) if (await writeSafely(tx, rules, event, scope)) done.push(event);
    if (done.length > 0) await tx.alertEvents.remove(done.map(({ id }) => id));
    await writeObservation(tx, unchanged(due, rules), observation, scope);
    await notifyIncidents(tx, { workspace: { id: workspaceId, name }, now });
    if (done.length > 0) await faultPoints.reach('in-alerts-before-commit');
    return events.length === eventsAtOnce && done.length > 0;
  }

  /** @throws FailingEventError if the reason does not lie in the database */
  async function writeSafely(
    tx: Pick<Store, Stores>,
    rules: readonly AlertRuleRecord[],
    event: AlertEventRecord,
    scope: IncidentScope,
  ): Promise<boolean> {
    try {
      return await writeEvent(tx, rules, event, scope);
    } catch (error) {
      if (isPassing(error)) throw error;
      throw new FailingEventError(event, error);
    }
  }

  /** @returns false if the event waits for the row of a job */
  async function writeEvent(
    tx: Pick<Store, Stores>,
    rules: readonly AlertRuleRecord[],
    event: AlertEventRecord,
    scope: IncidentScope,
  ): Promise<boolean> {
    const { workspaceId, now, held } = scope;
    if (event.kind === 'job-archived') {
      // Its earlier events may wait.
      if (held.has(event.subjectId)) return false;
      await tx.alertIncidents.resolveOfArchivedJobs(workspaceId, {
        at: now,
        resolution: 'The job was archived.',
      });
    }
    const paths = createConsolePaths(workspaceId);
    const derived = await deriveFromEvent(tx, rules, event, { workspaceId, paths });
    if (held.postpones(derived)) return false;
    await writeDerived(tx, derived, scope);
    return true;
  }

  async function evaluateSafely(workspaceId: string): Promise<boolean> {
    try {
      return await evaluateWorkspace(workspaceId);
    } catch (error) {
      if (error instanceof LockTimeoutError) notePostponed({ workspaceId, err: error });
      else log.error({ err: error, workspaceId }, 'alerts of a workspace were not evaluated; retried');
      return false;
    }
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

/** What one transaction evaluates. */
interface Evaluation {
  workspace: WorkspaceRecord;
  due: readonly AlertRuleRecord[];
  observation: Observation;
  heldJobIds: ReadonlySet<string>;
  /** It and the events after it wait. */
  failingEventId: string | null;
}

/** The rules that are still as they were when their conditions were read. */
function unchanged(observed: readonly AlertRuleRecord[], current: readonly AlertRuleRecord[]) {
  const known = new Map(current.map((rule) => [rule.id, rule.updatedAt.getTime()]));
  return observed.filter(({ id, updatedAt }) => known.get(id) === updatedAt.getTime());
}
