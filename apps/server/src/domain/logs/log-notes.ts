import type { UnnumberedLogLine } from './log-line.ts';
import { explainReservedVariable } from '@pumphouse/contract';
import { runnerLine, setupLine } from './log-line.ts';

/*
 * What stands in the log of a run that has no lines of its own. A log that is empty for no reason
 * would be taken for a loss.
 */

/** Why nothing was started: a run that is skipped has no attempt. */
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

/** A run as far as its log can be made of it. */
interface RunWithoutLines {
  status: string;
  skip: Parameters<typeof skipNote>[0] | null;
  waitReason: string | null;
  finishedAt: Date | null;
}

/** The only line of a run that ended without an attempt; null where there is nothing to tell. */
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

/** That retention has removed the log of an attempt. */
export function removalNote(at: Date): UnnumberedLogLine {
  const words = `The log was removed on ${at.toISOString().slice(0, 10)}: it had passed what the server keeps (PUMPHOUSE_RETENTION).`;
  return setupLine(words, 'stdout', at);
}

/** That a run does not get a variable which was set before its name was reserved. */
export function leftOutNote(name: string, at: Date): UnnumberedLogLine {
  const reason = explainReservedVariable(name) ?? `${name} is reserved.`;
  return setupLine(`The variable ${name} of the workspace is not used. ${reason}`, 'stderr', at);
}
