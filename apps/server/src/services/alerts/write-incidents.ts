import type { AlertRuleRecord } from '../../store/records.ts';
import type { Derived, Occurrence } from '../../domain/alerts/derive-occurrences.ts';
import type { HeldJobs } from '../../domain/alerts/held-jobs.ts';
import type { Observation } from './observe-conditions.ts';
import type { Store } from '../../store/store.ts';
import { alertKinds } from '../../domain/alerts/alert-kinds.ts';
import { LockTimeoutError } from '../../store/lock-timeout-error.ts';

export interface IncidentScope {
  workspaceId: string;
  now: Date;
  held: HeldJobs;
}

/** Another transaction holds the row of the job that an incident refers to. */
export class HeldJobError extends LockTimeoutError {
  readonly jobId: string;

  constructor(jobId: string, cause: LockTimeoutError) {
    super(`the row of job ${jobId}`, { cause });
    this.jobId = jobId;
  }
}

/**
 * Writes what an event means for incidents.
 * @throws HeldJobError
 */
export async function writeDerived(
  store: Pick<Store, 'alertIncidents'>,
  { occurrences, resolutions }: Derived,
  scope: IncidentScope,
): Promise<void> {
  for (const { ruleIds, subject, resolution } of resolutions)
    await store.alertIncidents.resolveSubject(ruleIds, subject, { at: scope.now, resolution });
  for (const occurrence of occurrences) await record(store, occurrence, scope);
}

/**
 * Opens incidents for new conditions, updates those that last, and resolves those that ended.
 * @throws HeldJobError
 */
export async function writeObservation(
  store: Pick<Store, 'alertIncidents' | 'alertRules'>,
  rules: readonly AlertRuleRecord[],
  { findings, incompleteRuleIds }: Observation,
  scope: IncidentScope,
): Promise<void> {
  const postponed = new Set<string>();
  for (const rule of rules) {
    const found = new Map(
      findings.filter((each) => each.rule.id === rule.id).map((each) => [each.subject, each]),
    );
    const open = await store.alertIncidents.listOpen(rule.id);
    const openSubjects = new Set(open.map(({ subject }) => subject));
    for (const [subject, finding] of found) {
      if (openSubjects.has(subject)) await store.alertIncidents.describe(rule.id, subject, finding.text);
      else if (scope.held.has(finding.jobId)) postponed.add(rule.id);
      else await record(store, { ...finding, at: scope.now }, scope);
    }
    const ended = open.filter(({ subject }) => !found.has(subject));
    if (!incompleteRuleIds.has(rule.id))
      for (const { subject } of ended)
        await store.alertIncidents.resolveSubject([rule.id], subject, {
          at: scope.now,
          resolution: 'The condition ended.',
        });
  }
  // A postponed rule stays due.
  const checked = rules.filter(({ id }) => !postponed.has(id));
  for (const [seconds, group] of Map.groupBy(checked, ({ kind }) => alertKinds[kind].everySeconds)) {
    if (seconds === null) continue;
    const at = new Date(scope.now.getTime() + seconds * 1000);
    await store.alertRules.setCheckAt(
      group.map(({ id }) => id),
      at,
    );
  }
}

async function record(
  { alertIncidents }: Pick<Store, 'alertIncidents'>,
  occurrence: Occurrence,
  { workspaceId }: IncidentScope,
): Promise<void> {
  const { rule, text, ...more } = occurrence;
  const { id: ruleId, kind, severity } = rule;
  const { isMomentary } = alertKinds[kind];
  try {
    await alertIncidents.record({ ...more, ...text, workspaceId, ruleId, kind, severity, isMomentary });
  } catch (error) {
    if (error instanceof LockTimeoutError && more.jobId !== null) throw new HeldJobError(more.jobId, error);
    throw error;
  }
}
