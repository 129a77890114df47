import type { BackfillState, PauseReason } from '../backfills/backfill-state.ts';
import type { ConsolePaths, IncidentText } from './incident-text.ts';
import type { EndedRun, SubjectJob } from './derive-occurrences.ts';
import { boundIncident } from './incident-text.ts';
import { explainFailed } from '../runs/failure-reason.ts';
import { formatInstant, shortenJobName } from './describe-run-incidents.ts';

/** A backfill after a change of its state. */
export interface ChangedBackfill extends SubjectJob {
  backfillId: string;
  status: BackfillState;
  pauseReason: PauseReason | null;
  startsAt: Date;
  endsAt: Date;
  windowCount: number;
  failedCount: number;
  changedAt: Date;
}

const causes: Record<PauseReason, string> = {
  user: 'a member paused it',
  failures: 'too many of its windows failed',
  job_archived: 'its job is archived',
  schedule_changed: 'the schedule of its job changed',
  job_refreshes: 'its job drops its data with each run',
};

/** Describes a backfill that ended with failed windows, or that goes on only if a member resumes it. */
export function describeFailedBackfill(backfill: ChangedBackfill, paths: ConsolePaths): IncidentText {
  const { pauseReason, jobName, failedCount, windowCount } = backfill;
  const cause =
    pauseReason === null
      ? `failed: ${failedCount} of ${countWindows(windowCount)} failed`
      : `is paused: ${causes[pauseReason]}`;
  return boundIncident({
    title: `The backfill of ${shortenJobName(jobName)} ${cause}`,
    details: [
      pauseReason === null
        ? 'Retry the windows that failed, or skip them.'
        : 'Resume the backfill, or cancel it.',
    ],
    facts: factsOf(backfill),
    links: [paths.backfill(backfill.jobId, backfill.backfillId), paths.job(backfill.jobId)],
  });
}

/** Describes a backfill whose windows are all loaded, or were skipped by a member. */
export function describeBackfillEnd(backfill: ChangedBackfill, paths: ConsolePaths): IncidentText {
  return boundIncident({
    title: `The backfill of ${shortenJobName(backfill.jobName)} finished`,
    facts: factsOf(backfill),
    links: [paths.backfill(backfill.jobId, backfill.backfillId), paths.job(backfill.jobId)],
  });
}

/** Describes a failed window of a backfill that may go on. */
export function describeFailedWindow(run: EndedRun, backfillId: string, paths: ConsolePaths): IncidentText {
  const why = explainFailed(run);
  return boundIncident({
    title: `A window of the backfill of ${shortenJobName(run.jobName)} failed${why ? `: ${why.summary}` : ''}`,
    details: [why?.message, why?.nextStep].flatMap((line) => line || []),
    facts: [
      ['Run', `#${run.number}`],
      ['Window', formatTimes(run.intervalStart, run.intervalEnd)],
      ['Failure', why?.code ?? null],
    ],
    links: [paths.run(run.jobRunId), paths.log(run.jobRunId), paths.backfill(run.jobId, backfillId)],
  });
}

const factsOf = ({ startsAt, endsAt, windowCount, failedCount }: ChangedBackfill) =>
  [
    ['Times', formatTimes(startsAt, endsAt)],
    ['Windows', windowCount],
    ['Failed windows', failedCount === 0 ? null : failedCount],
  ] as const;

const countWindows = (count: number) => (count === 1 ? '1 window' : `${count} windows`);
const formatTimes = (start: Date | null, end: Date | null): string | null =>
  start && end && `${formatInstant(start)} to ${formatInstant(end)}`;
