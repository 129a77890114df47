import type { AlertEventRecord, AlertRuleRecord } from '../../store/records.ts';
import type { ConsolePaths } from '../../domain/alerts/incident-text.ts';
import type { Derived } from '../../domain/alerts/derive-occurrences.ts';
import type { Store } from '../../store/store.ts';
import { deriveFromChecks } from '../../domain/alerts/derive-check-results.ts';
import {
  deriveFromPipelineRun,
  deriveFromRun,
  deriveFromSchemaChange,
  outcomesNeeded,
  rowCountsNeeded,
} from '../../domain/alerts/derive-occurrences.ts';

const nothing: Derived = { occurrences: [], resolutions: [] };

/** Derives what an event means for the rules. An object that retention has removed means nothing. */
export function deriveFromEvent(
  store: Pick<Store, 'alertSources'>,
  rules: readonly AlertRuleRecord[],
  event: Pick<AlertEventRecord, 'kind' | 'subjectId'>,
  scope: { workspaceId: string; paths: ConsolePaths },
): Promise<Derived> | Derived {
  if (event.kind === 'run-ended') return deriveFromEndedRun(store, rules, event.subjectId, scope.paths);
  if (event.kind === 'pipeline-run') return deriveFromStoredPipelineRun(store, rules, event.subjectId, scope);
  if (event.kind === 'schema-change')
    return deriveFromStoredChange(store, rules, event.subjectId, scope.paths);
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
  return deriveFromRun(rules, run, earlier, paths);
}

async function deriveFromStoredPipelineRun(
  { alertSources }: Pick<Store, 'alertSources'>,
  rules: readonly AlertRuleRecord[],
  pipelineRunId: string,
  { workspaceId, paths }: { workspaceId: string; paths: ConsolePaths },
): Promise<Derived> {
  const needsRows = rules.some(({ kind }) => kind === 'zero_rows' || kind === 'row_count_off');
  if (!needsRows && !rules.some(({ kind }) => kind === 'check_failed')) return nothing;
  const run = await alertSources.getPipelineRun(pipelineRunId);
  if (!run) return nothing;
  const ofChecks = deriveFromChecks(rules, run, paths);
  if (!needsRows) return ofChecks;
  const { pipelineName, datasetName, createdAt: before } = run;
  const earlier = await alertSources.listEarlierRows(
    { workspaceId, pipelineName, datasetName, before },
    rowCountsNeeded,
  );
  const ofRows = deriveFromPipelineRun(rules, run, earlier, paths);
  return {
    occurrences: [...ofChecks.occurrences, ...ofRows.occurrences],
    resolutions: [...ofChecks.resolutions, ...ofRows.resolutions],
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
