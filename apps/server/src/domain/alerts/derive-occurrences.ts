import type { AlertConditions } from './alert-kinds.ts';
import type { AlertKind, AlertSchemaChange, AlertSeverity, SchemaChange } from '@pumphouse/contract';
import type { Failed } from '../runs/failure-reason.ts';
import type { ConsolePaths, IncidentText } from './incident-text.ts';
import type { RuleScope } from './rule-scope.ts';
import { completeConditions } from './alert-kinds.ts';
import { computeUsualRows, measureDeviations } from './row-count.ts';
import { covers } from './rule-scope.ts';
import {
  describeBrokenContract,
  describeRowCount,
  describeSchemaChange,
  describeZeroRows,
} from './describe-data-incidents.ts';
import { describeFailure, describeRecovery, describeSuccess } from './describe-run-incidents.ts';

/** The part of a rule that decides what it reports. */
export interface EvaluatedRule {
  id: string;
  kind: AlertKind;
  severity: AlertSeverity;
  scope: RuleScope;
  conditions: AlertConditions;
}

/** The job that a rule may cover. */
export interface SubjectJob {
  jobId: string;
  jobRef: string;
  jobName: string;
  tags: unknown;
  pipelineNames: readonly string[];
}

/** Something that a rule reports, with what its incident is about. */
export interface Occurrence {
  rule: EvaluatedRule;
  subject: string;
  jobId: string | null;
  jobRef: string | null;
  jobRunId: string | null;
  pipelineName: string | null;
  at: Date;
  text: IncidentText;
}

/** The end of a condition: resolves the open incidents of the rules about the subject. */
export interface Resolution {
  ruleIds: readonly string[];
  subject: string;
  resolution: string;
}

export interface Derived {
  occurrences: Occurrence[];
  resolutions: Resolution[];
}

/** Names of subjects, by which a rule has one open incident at most. */
export const subjects = {
  job: (jobId: string) => `job:${jobId}`,
  run: (jobRunId: string) => `run:${jobRunId}`,
  backfill: (backfillId: string) => `backfill:${backfillId}`,
  pipeline: (name: string, datasetName: string | null = null) =>
    JSON.stringify(['pipeline', name, datasetName]),
  schema: (changeId: string) => `schema-change:${changeId}`,
};

/** How many earlier outcomes of a job `deriveFromRun` needs. */
export const outcomesNeeded = 100;
/** How many earlier row counts of a pipeline `deriveFromPipelineResult` needs. */
export const rowCountsNeeded = 30;

/** The tags of a definition, which may be one text or a list. */
export function readTags(tags: unknown): string[] {
  if (typeof tags === 'string') return [tags];
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
}

/** Lists the rules of some kinds that cover the job or one of these pipelines, with complete conditions. */
export function chooseRules<Rule extends EvaluatedRule>(
  rules: readonly Rule[],
  kinds: readonly AlertKind[],
  job: Omit<SubjectJob, 'jobName'>,
  pipelineNames: readonly string[] = job.pipelineNames,
): Rule[] {
  const subject = { jobId: job.jobId, jobRef: job.jobRef, tags: readTags(job.tags), pipelineNames };
  return rules
    .filter(({ kind, scope }) => kinds.includes(kind) && covers(scope, subject))
    .map((rule) => ({ ...rule, conditions: completeConditions(rule.kind, rule.conditions) }));
}

export interface EndedRun extends SubjectJob, Failed {
  jobRunId: string;
  number: number;
  status: 'completed' | 'failed';
  trigger: string;
  /** Null unless it loaded a window of a backfill, which says nothing about the job's usual runs. */
  backfillId: string | null;
  /** The data interval; null without one. */
  intervalStart: Date | null;
  intervalEnd: Date | null;
  startedAt: Date | null;
  finishedAt: Date;
  attemptCount: number;
  rowsLoaded: number | null;
}

/**
 * Derives what the end of a run means. A failed window of a backfill is reported by `deriveFromFailedWindow`.
 * @param earlier how the runs before it ended, the latest first
 */
export function deriveFromRun(
  rules: readonly EvaluatedRule[],
  run: EndedRun,
  earlier: readonly string[],
  paths: ConsolePaths,
): Derived {
  const { jobId, jobRef, jobRunId } = run;
  const about = { jobId, jobRef, jobRunId, pipelineName: null, at: run.finishedAt };
  const ended = chooseRules(rules, ['running_long', 'no_output', 'stuck_waiting'], run);
  const resolutions = resolve(ended, subjects.run(jobRunId), 'The run ended.');
  if (run.backfillId !== null && run.status === 'failed')
    return { occurrences: deriveFromBrokenContract(rules, run, paths), resolutions };
  const failuresBefore = countLeading(earlier, 'failed');
  if (run.status === 'failed')
    return { occurrences: deriveFromFailure(rules, run, failuresBefore + 1, paths), resolutions };
  const succeeded = chooseRules(rules, ['run_succeeded'], run).map((rule) => ({
    ...about,
    rule,
    subject: subjects.run(jobRunId),
    text: describeSuccess(run, paths),
  }));
  if (run.backfillId !== null) return { occurrences: succeeded, resolutions };
  const recovered = chooseRules(rules, ['recovered'], run).flatMap((rule) =>
    failuresBefore === 0
      ? []
      : {
          ...about,
          rule,
          subject: subjects.run(jobRunId),
          text: describeRecovery(run, failuresBefore, paths),
        },
  );
  const failing = chooseRules(rules, ['run_failed'], run);
  return {
    occurrences: [...succeeded, ...recovered],
    resolutions: [...resolutions, ...resolve(failing, subjects.job(jobId), `Run #${run.number} succeeded.`)],
  };
}

function deriveFromFailure(
  rules: readonly EvaluatedRule[],
  run: EndedRun,
  failuresInRow: number,
  paths: ConsolePaths,
): Occurrence[] {
  const { jobId, jobRef, jobRunId } = run;
  const about = { jobId, jobRef, jobRunId, at: run.finishedAt };
  const failed = chooseRules(rules, ['run_failed'], run).flatMap((rule) => {
    const { failureCodes = [], failuresInRow: needed = 1 } = rule.conditions;
    const isChosen = failureCodes.length === 0 || failureCodes.includes(run.failure?.code ?? '');
    if (!isChosen || failuresInRow < needed) return [];
    const text = describeFailure(run, failuresInRow, paths);
    return {
      ...about,
      pipelineName: run.reason?.pipelineName ?? null,
      rule,
      subject: subjects.job(jobId),
      text,
    };
  });
  return [...failed, ...deriveFromBrokenContract(rules, run, paths)];
}

function deriveFromBrokenContract(
  rules: readonly EvaluatedRule[],
  run: EndedRun,
  paths: ConsolePaths,
): Occurrence[] {
  const { jobId, jobRef, jobRunId, reason } = run;
  if (!reason?.exceptionType?.endsWith('DataValidationError')) return [];
  const about = { jobId, jobRef, jobRunId, at: run.finishedAt };
  const pipelineName = reason.pipelineName ?? run.pipelineNames[0] ?? run.jobName;
  return chooseRules(rules, ['schema_changed'], run)
    .filter(({ conditions }) => conditions.schemaChanges?.includes('contract_violated'))
    .map((rule) => ({
      ...about,
      pipelineName,
      rule,
      subject: subjects.run(jobRunId),
      text: describeBrokenContract({ ...run, ...reason, pipelineName }, paths),
    }));
}

interface PipelineResult extends SubjectJob {
  pipelineName: string;
  datasetName: string | null;
  rowsLoaded: number;
  jobRunId: string;
  runNumber: number;
  createdAt: Date;
}

/**
 * Derives what all calls of a pipeline in a complete attempt mean. `earlierRows`: the rows of complete attempts
 * before it, the latest first.
 */
export function deriveFromPipelineResult(
  rules: readonly EvaluatedRule[],
  run: PipelineResult,
  earlierRows: readonly number[],
  paths: ConsolePaths,
): Derived {
  const derived: Derived = { occurrences: [], resolutions: [] };
  const { jobId, jobRef, jobRunId, pipelineName, rowsLoaded } = run;
  const subject = subjects.pipeline(pipelineName, run.datasetName);
  const about = { subject, jobId, jobRef, jobRunId, pipelineName, at: run.createdAt };
  // A run without rows may have reported no dataset.
  const ends = (rule: EvaluatedRule, resolution: string) =>
    [subject, subjects.pipeline(pipelineName)].flatMap((each) => resolve([rule], each, resolution));
  const usual = computeUsualRows(earlierRows);
  for (const rule of chooseRules(rules, ['zero_rows', 'row_count_off'], run, [pipelineName])) {
    const { minimumRuns = 0, deviations: allowed = Infinity } = rule.conditions;
    const hasHistory = usual !== null && earlierRows.length >= minimumRuns;
    if (rule.kind === 'zero_rows') {
      if (rowsLoaded > 0) derived.resolutions.push(...ends(rule, `Run #${run.runNumber} loaded rows.`));
      else if (hasHistory && usual.median > 0)
        derived.occurrences.push({ ...about, rule, text: describeZeroRows(run, usual.median, paths) });
    } else if (hasHistory) {
      const deviations = measureDeviations(rowsLoaded, usual);
      if (Math.abs(deviations) > allowed)
        derived.occurrences.push({
          ...about,
          rule,
          text: describeRowCount(run, { usual, deviations }, paths),
        });
      else derived.resolutions.push(...ends(rule, `Run #${run.runNumber} loaded a usual number of rows.`));
    }
  }
  return derived;
}

interface ChangedSchema extends SubjectJob {
  changeId: string;
  pipelineName: string;
  schemaName: string;
  version: number | null;
  isFirstVersion: boolean;
  changeCount: number;
  changes: readonly SchemaChange[];
  jobRunId: string | null;
  createdAt: Date;
}

/** Derives what a new version of a schema means. A first version changes nothing. */
export function deriveFromSchemaChange(
  rules: readonly EvaluatedRule[],
  changed: ChangedSchema,
  paths: ConsolePaths,
): Derived {
  if (changed.isFirstVersion) return { occurrences: [], resolutions: [] };
  const { jobId, jobRef, jobRunId, pipelineName } = changed;
  const occurrences = chooseRules(rules, ['schema_changed'], changed, [pipelineName]).flatMap((rule) => {
    const wanted = new Set<string>(
      rule.conditions.schemaChanges satisfies readonly AlertSchemaChange[] | undefined,
    );
    const changes = changed.changes.filter(({ kind }) => wanted.has(kind));
    if (changes.length === 0) return [];
    return {
      rule,
      subject: subjects.schema(changed.changeId),
      jobId,
      jobRef,
      jobRunId,
      pipelineName,
      at: changed.createdAt,
      text: describeSchemaChange(changed, changes, paths),
    };
  });
  return { occurrences, resolutions: [] };
}

/** Keeps the last occurrence of each subject that nothing resolved after it. For one rule. */
export function keepOpen(derived: readonly Derived[]): Occurrence[] {
  const open = new Map<string, Occurrence>();
  for (const { occurrences, resolutions } of derived) {
    for (const { subject } of resolutions) open.delete(subject);
    for (const occurrence of occurrences) open.set(occurrence.subject, occurrence);
  }
  return [...open.values()];
}

/** Resolves the incidents of these rules about a subject. */
export function resolve(rules: readonly EvaluatedRule[], subject: string, resolution: string): Resolution[] {
  return rules.length === 0 ? [] : [{ ruleIds: rules.map(({ id }) => id), subject, resolution }];
}

function countLeading(values: readonly string[], value: string): number {
  const end = values.findIndex((each) => each !== value);
  return end === -1 ? values.length : end;
}
