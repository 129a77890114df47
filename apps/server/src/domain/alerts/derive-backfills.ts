import type { BackfillState, PauseReason } from '../backfills/backfill-state.ts';
import type { ChangedBackfill } from './describe-backfill-incidents.ts';
import type { ConsolePaths } from './incident-text.ts';
import type { Derived, EndedRun, EvaluatedRule, Occurrence } from './derive-occurrences.ts';
import { chooseRules, resolve, subjects } from './derive-occurrences.ts';
import {
  describeBackfillEnd,
  describeFailedBackfill,
  describeFailedWindow,
} from './describe-backfill-incidents.ts';

/** Pauses that no member asked for, after which windows stay unloaded. */
const pausesToReport: ReadonlySet<PauseReason | null> = new Set([
  'failures',
  'schedule_changed',
  'job_refreshes',
]);

/**
 * Derives what the state of a backfill means: one that failed or was paused needs attention until its windows are
 * loaded, or a member decides otherwise.
 */
export function deriveFromBackfill(
  rules: readonly EvaluatedRule[],
  backfill: ChangedBackfill,
  paths: ConsolePaths,
): Derived {
  const { backfillId, jobId, jobRef, status, pauseReason } = backfill;
  const subject = subjects.backfill(backfillId);
  const about = { subject, jobId, jobRef, jobRunId: null, pipelineName: null, at: backfill.changedAt };
  const failed = chooseRules(rules, ['backfill_failed'], backfill);
  if (status === 'failed' || (status === 'paused' && pausesToReport.has(pauseReason))) {
    const text = describeFailedBackfill(backfill, paths);
    return { occurrences: failed.map((rule) => ({ ...about, rule, text })), resolutions: [] };
  }
  const finished = status === 'completed' ? chooseRules(rules, ['backfill_finished'], backfill) : [];
  const text = describeBackfillEnd(backfill, paths);
  return {
    occurrences: finished.map((rule) => ({ ...about, rule, text })),
    resolutions: resolve(failed, subject, resolutionOf[status]),
  };
}

/** Derives what the end of a run means that failed to load a window. The runs of the job that are not windows neither cause nor end it. */
export function deriveFromFailedWindow(
  rules: readonly EvaluatedRule[],
  run: EndedRun,
  paths: ConsolePaths,
): Occurrence[] {
  const { jobId, jobRef, jobRunId, backfillId } = run;
  if (backfillId === null || run.status !== 'failed') return [];
  const about = { jobId, jobRef, jobRunId, at: run.finishedAt, subject: subjects.backfill(backfillId) };
  const pipelineName = run.reason?.pipelineName ?? null;
  const text = describeFailedWindow(run, backfillId, paths);
  return chooseRules(rules, ['backfill_failed'], run).map((rule) => ({ ...about, pipelineName, rule, text }));
}

const resolutionOf: Record<BackfillState, string> = {
  preparing: 'The backfill goes on.',
  running: 'The backfill goes on.',
  paused: 'A member paused the backfill.',
  cancelling: 'The backfill was cancelled.',
  completed: 'The backfill completed.',
  failed: 'The backfill ended.',
  cancelled: 'The backfill was cancelled.',
};
