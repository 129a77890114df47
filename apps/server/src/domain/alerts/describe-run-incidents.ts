import type { Failed } from '../runs/failure-reason.ts';
import type { ConsolePaths, IncidentText } from './incident-text.ts';
import { boundIncident, formatSeconds } from './incident-text.ts';
import { explainFailed } from '../runs/failure-reason.ts';

interface Job {
  jobId: string;
  jobName: string;
}

interface Run extends Job {
  jobRunId: string;
  number: number;
}

interface EndedRun extends Run, Failed {
  trigger: string;
  startedAt: Date | null;
  finishedAt: Date;
  attemptCount: number;
  rowsLoaded: number | null;
}

/** Describes a failed run by its cause. */
export function describeFailure(run: EndedRun, failuresInRow: number, paths: ConsolePaths): IncidentText {
  const why = explainFailed(run);
  const step = why?.step ? `dlt failed in the step "${why.step}".` : null;
  const location = why?.location && `${why.location.file}, line ${why.location.line}`;
  return boundIncident({
    title: `${shortenJobName(run.jobName)} failed${why ? `: ${why.summary}` : ''}`,
    details: [why?.message, step, why?.nextStep].flatMap((line) => line || []),
    facts: [
      ['Run', `#${run.number}`],
      ['Failure', why?.code ?? null],
      ['Location', location ?? null],
      ['Failures in a row', failuresInRow > 1 ? failuresInRow : null],
      ['Attempts', run.attemptCount > 1 ? run.attemptCount : null],
      ['Duration', durationOf(run)],
      ['Trigger', run.trigger],
    ],
    links: [paths.run(run.jobRunId), paths.log(run.jobRunId), paths.job(run.jobId)],
  });
}

export function describeSuccess(run: EndedRun, paths: ConsolePaths): IncidentText {
  return boundIncident({
    title: `${shortenJobName(run.jobName)} succeeded`,
    facts: factsOfSuccess(run),
    links: [paths.run(run.jobRunId), paths.job(run.jobId)],
  });
}

export function describeRecovery(run: EndedRun, failureCount: number, paths: ConsolePaths): IncidentText {
  const failures = failureCount === 1 ? '1 failed run' : `${failureCount} failed runs`;
  return boundIncident({
    title: `${shortenJobName(run.jobName)} recovered after ${failures}`,
    facts: factsOfSuccess(run),
    links: [paths.run(run.jobRunId), paths.job(run.jobId)],
  });
}

export function describeLate(
  job: Job,
  late: { tickAt: Date; seconds: number; waitReason: string | null; jobRunId: string | null },
  paths: ConsolePaths,
): IncidentText {
  return boundIncident({
    title: `${shortenJobName(job.jobName)} has not started: it was due at ${formatInstant(late.tickAt)}`,
    details: [late.waitReason ?? 'No scheduler has started a run for this tick.'],
    facts: [
      ['Due', formatInstant(late.tickAt)],
      ['Late by', formatSeconds(late.seconds)],
    ],
    links: [...(late.jobRunId === null ? [] : [paths.run(late.jobRunId)]), paths.job(job.jobId)],
  });
}

export function describeLongRun(
  run: Run,
  { seconds, usualSeconds }: { seconds: number; usualSeconds: number | null },
  paths: ConsolePaths,
): IncidentText {
  const usual = usualSeconds === null ? '' : `, usually ${formatSeconds(usualSeconds)}`;
  return boundIncident({
    title: `${shortenJobName(run.jobName)} has been running for ${formatSeconds(seconds)}${usual}`,
    facts: [
      ['Run', `#${run.number}`],
      ['Running for', formatSeconds(seconds)],
      ['Usual duration', usualSeconds === null ? null : formatSeconds(usualSeconds)],
    ],
    links: [paths.run(run.jobRunId), paths.job(run.jobId)],
  });
}

export function describeStuck(
  run: Run & { waitReason: string | null },
  seconds: number,
  paths: ConsolePaths,
): IncidentText {
  return boundIncident({
    title: `${shortenJobName(run.jobName)} has been waiting for ${formatSeconds(seconds)}`,
    details: [run.waitReason ?? 'No server has examined the run yet.'],
    facts: [
      ['Run', `#${run.number}`],
      ['Waiting for', formatSeconds(seconds)],
    ],
    links: [paths.run(run.jobRunId), paths.job(run.jobId)],
  });
}

export function describeSilence(run: Run, seconds: number, paths: ConsolePaths): IncidentText {
  return boundIncident({
    title: `${shortenJobName(run.jobName)} has printed nothing for ${formatSeconds(seconds)}`,
    details: ['The run is active. It may hang, or its code may print no progress.'],
    facts: [
      ['Run', `#${run.number}`],
      ['Silent for', formatSeconds(seconds)],
    ],
    links: [paths.run(run.jobRunId), paths.log(run.jobRunId), paths.job(run.jobId)],
  });
}

function factsOfSuccess(run: EndedRun) {
  return [
    ['Run', `#${run.number}`],
    ['Duration', durationOf(run)],
    ['Rows loaded', run.rowsLoaded],
    ['Trigger', run.trigger],
  ] as const;
}

function durationOf({ startedAt, finishedAt }: EndedRun): string | null {
  return startedAt && formatSeconds((finishedAt.getTime() - startedAt.getTime()) / 1000);
}

/** As the console shows it: without the prefix that all refs have. */
export function shortenJobName(jobName: string): string {
  return jobName.replace(/^jobs\./, '');
}

export const formatInstant = (at: Date): string => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
