import type { UnnumberedLogLine } from './log-line.ts';
import { explainReservedVariable } from '@pumphouse/contract';
import { runnerLine, setupLine } from './log-line.ts';

/*
 * Notes for the log of a run without lines of its own. An empty log without an explanation would look like
 * data loss.
 */

/** Explains why nothing was started: a skipped run has no attempt. */
export function skipNote(skip: {
  status: string;
  reasons: readonly string[];
  count: number;
  firstAt: string;
  lastAt: string;
}): UnnumberedLogLine {
  const { status, reasons, count, firstAt, lastAt } = skip;
  const why = `Nothing was started (${status}): ${reasons.join('; ')}.`;
  const times =
    count === 1 ? `Once, at ${lastAt}.` : `${count} times, first at ${firstAt}, last at ${lastAt}.`;
  return setupLine(`${why} ${times}`, 'stdout', new Date(lastAt));
}

/** The fields of a run that its notes depend on. */
interface RunWithoutLines {
  status: string;
  skip: Parameters<typeof skipNote>[0] | null;
  waitReason: string | null;
  finishedAt: Date | null;
}

/** The only log line of a run that ended without an attempt; null if there is nothing to report. */
export function unstartedNote({
  status,
  skip,
  waitReason,
  finishedAt,
}: RunWithoutLines): UnnumberedLogLine | null {
  if (skip) return skipNote(skip);
  if (status !== 'cancelled' || waitReason === null || finishedAt === null) return null;
  return runnerLine(waitReason, finishedAt);
}

/** Notes that retention removed the log of an attempt. */
export function removalNote(at: Date): UnnumberedLogLine {
  const text = `The log was removed on ${at.toISOString().slice(0, 10)}: it was past its retention (PUMPHOUSE_RETENTION).`;
  return setupLine(text, 'stdout', at);
}

/** Notes that a run does not get a variable that was set before its name was reserved. */
export function leftOutNote(name: string, at: Date): UnnumberedLogLine {
  const reason = explainReservedVariable(name) ?? `${name} is reserved.`;
  return setupLine(`The variable ${name} of the workspace is not used. ${reason}`, 'stderr', at);
}

/** Notes that a run gets a configuration file under the name that dlt reads. */
export function renamedFileNote(
  { name, placedAs }: { name: string; placedAs: string },
  at: Date,
): UnnumberedLogLine {
  const text = `The configuration file ${name} was placed as ${placedAs}: dlt reads it only under that name. Rename the file.`;
  return setupLine(text, 'stderr', at);
}

/** Notes that a run uses a newer dlt than a requirement names. */
export function raisedNote(
  { line, raisedTo }: { line: string; raisedTo: string },
  at: Date,
): UnnumberedLogLine {
  const text = `The run uses ${raisedTo} instead of ${line}, which is too old to start jobs.`;
  return setupLine(text, 'stderr', at);
}
