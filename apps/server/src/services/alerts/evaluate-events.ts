import type { AlertEventRecord, AlertRuleRecord } from '../../store/records.ts';
import type { AlertKind } from '@pumphouse/contract';
import type { ConsolePaths } from '../../domain/alerts/incident-text.ts';
import type { Derived } from '../../domain/alerts/derive-occurrences.ts';
import type { Store } from '../../store/store.ts';
import { alertKinds } from '../../domain/alerts/alert-kinds.ts';
import { deriveFromBackfill, deriveFromFailedWindow } from '../../domain/alerts/derive-backfills.ts';
import { deriveFromChecks } from '../../domain/alerts/derive-check-results.ts';
import {
  deriveFromPipelineResult,
  deriveFromRun,
  deriveFromSchemaChange,
  keepOpen,
  outcomesNeeded,
  rowCountsNeeded,
} from '../../domain/alerts/derive-occurrences.ts';

/** Where the state is that a new rule reports; an attempt for all other kinds. */
const sourceOfKind: Partial<Record<AlertKind, 'run-ended' | 'backfill-changed'>> = {
  run_failed: 'run-ended',
  backfill_failed: 'backfill-changed',
};

/** A job for each is looked at when a rule is added. */
const maxLastEnds = 2000;

const nothing: Derived = { occurrences: [], resolutions: [] };

/** Derives what an event means for the rules. An object that retention has removed means nothing. */
export async function deriveFromEvent(
  store: Pick<Store, 'alertSources'>,
  rules: readonly AlertRuleRecord[],
  event: Pick<AlertEventRecord, 'kind' | 'subjectId'>,
  scope: { workspaceId: string; paths: ConsolePaths },
): Promise<Derived> {
  if (event.kind === 'run-ended') return deriveFromEndedRun(store, rules, event.subjectId, scope.paths);
  if (event.kind === 'attempt-closed') return deriveFromClosedAttempt(store, rules, event.subjectId, scope);
  if (event.kind === 'schema-change')
    return deriveFromStoredChange(store, rules, event.subjectId, scope.paths);
  if (event.kind === 'backfill-changed') {
    const backfill = await store.alertSources.getBackfill(event.subjectId);
    return backfill ? deriveFromBackfill(rules, backfill, scope.paths) : nothing;
  }
  if (event.kind === 'rule-added') return deriveFromNewRule(store, rules, event.subjectId, scope);
  return nothing;
}

async function deriveFromEndedRun(
  { alertSources }: Pick<Store, 'alertSources'>,
  rules: readonly AlertRuleRecord[],
  jobRunId: string,
  paths: ConsolePaths,
): Promise<Derived> {
  const run = await alertSources.getEndedRun(jobRunId);
  if (!run) return nothing;
  const earlier = await alertSources.listEarlierOutcomes(run.jobId, run.number, outcomesNeeded);
  const { occurrences, resolutions } = deriveFromRun(rules, run, earlier, paths);
  return { occurrences: [...occurrences, ...deriveFromFailedWindow(rules, run, paths)], resolutions };
}

async function deriveFromClosedAttempt(
  { alertSources }: Pick<Store, 'alertSources'>,
  rules: readonly AlertRuleRecord[],
  attemptId: string,
  { workspaceId, paths }: { workspaceId: string; paths: ConsolePaths },
): Promise<Derived> {
  const needsRows = rules.some(({ kind }) => kind === 'zero_rows' || kind === 'row_count_off');
  if (!needsRows && !rules.some(({ kind }) => kind === 'check_failed')) return nothing;
  const derived: Derived[] = [];
  for (const result of await alertSources.listPipelineResults(attemptId)) {
    derived.push(deriveFromChecks(rules, result, paths));
    if (!needsRows || !result.isComplete) continue;
    const { pipelineName, datasetName, createdAt: before } = result;
    const earlier = await alertSources.listEarlierRows(
      { workspaceId, pipelineName, datasetName, before },
      rowCountsNeeded,
    );
    derived.push(deriveFromPipelineResult(rules, result, earlier, paths));
  }
  return {
    occurrences: derived.flatMap(({ occurrences }) => occurrences),
    resolutions: derived.flatMap(({ resolutions }) => resolutions),
  };
}

async function deriveFromStoredChange(
  { alertSources }: Pick<Store, 'alertSources'>,
  rules: readonly AlertRuleRecord[],
  changeId: string,
  paths: ConsolePaths,
): Promise<Derived> {
  if (!rules.some(({ kind }) => kind === 'schema_changed')) return nothing;
  const changed = await alertSources.getSchemaChange(changeId);
  return changed ? deriveFromSchemaChange(rules, changed, paths) : nothing;
}

/** Derives what failed before a rule was added and has not recovered. The clock finds what timed rules watch for. */
async function deriveFromNewRule(
  store: Pick<Store, 'alertSources'>,
  rules: readonly AlertRuleRecord[],
  ruleId: string,
  scope: { workspaceId: string; paths: ConsolePaths },
): Promise<Derived> {
  const rule = rules.find(({ id }) => id === ruleId);
  if (!rule || alertKinds[rule.kind].isMomentary || alertKinds[rule.kind].everySeconds !== null)
    return nothing;
  const kind = sourceOfKind[rule.kind] ?? 'attempt-closed';
  const derived: Derived[] = [];
  for (const subjectId of await store.alertSources.listLastEnds(scope.workspaceId, kind, maxLastEnds))
    derived.push(await deriveFromEvent(store, [rule], { kind, subjectId }, scope));
  return { occurrences: keepOpen(derived), resolutions: [] };
}
