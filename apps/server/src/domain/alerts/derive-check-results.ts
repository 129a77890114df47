import type { CheckResult } from '../pipelines/evaluate-checks.ts';
import type { ConsolePaths } from './incident-text.ts';
import type { Derived, EvaluatedRule, SubjectJob } from './derive-occurrences.ts';
import { chooseRules, resolve, subjects } from './derive-occurrences.ts';
import { describeMissedChecks } from './describe-data-incidents.ts';
import { listMissed } from '../pipelines/evaluate-checks.ts';

interface CheckedPipeline extends SubjectJob {
  pipelineName: string;
  jobRunId: string;
  runNumber: number;
  createdAt: Date;
  /** Null if the run had no checks, or loaded nothing that could be checked. */
  checkResults: readonly CheckResult[] | null;
}

/**
 * Derives what the checks of a pipeline mean. A pipeline or table that was not seen opens an incident like a failed
 * check. Another unknown result neither opens an incident nor resolves one.
 */
export function deriveFromChecks(
  rules: readonly EvaluatedRule[],
  run: CheckedPipeline,
  paths: ConsolePaths,
): Derived {
  const { checkResults, jobId, jobRef, jobRunId, pipelineName, createdAt: at } = run;
  const chosen = chooseRules(rules, ['check_failed'], run, [pipelineName]);
  if (checkResults === null || chosen.length === 0) return { occurrences: [], resolutions: [] };
  const subject = subjects.pipeline(pipelineName);
  const missed = listMissed(checkResults);
  if (missed.length > 0) {
    const text = describeMissedChecks(run, missed, paths);
    const about = { subject, jobId, jobRef, jobRunId, pipelineName, at, text };
    const occurrences = chosen.map((rule) => ({ ...about, rule }));
    return { occurrences, resolutions: [] };
  }
  const hasPassed = checkResults.every(({ status }) => status === 'passed');
  const resolution = `Run #${run.runNumber} passed its checks.`;
  return { occurrences: [], resolutions: hasPassed ? resolve(chosen, subject, resolution) : [] };
}
