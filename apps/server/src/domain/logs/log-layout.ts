/** An attempt's part of the run's log. */
export interface LogSpan<Attempt> {
  attempt: Attempt;
  /** The number of its first line in the run's log, from 0. */
  firstLine: number;
  lineCount: number;
}

interface LoggingAttempt {
  logLines: number;
  /** A removed log counts as one line, which notes the removal. */
  logRemovedAt: Date | null;
}

/**
 * Lays out the log of a run: attempts in order, with consecutive line numbers.
 * @param attempts all attempts of one run, in order
 */
export function layOutLog<Attempt extends LoggingAttempt>(attempts: readonly Attempt[]): LogSpan<Attempt>[] {
  let firstLine = 0;
  return attempts.map((attempt) => {
    const span = { attempt, firstLine, lineCount: attempt.logRemovedAt ? 1 : attempt.logLines };
    firstLine += span.lineCount;
    return span;
  });
}

/** Resolves a line number; a negative number counts from the end, so -1 is the last line. */
export function resolveLine(wanted: number, lineCount: number): number {
  return wanted < 0 ? Math.max(0, lineCount + wanted) : wanted;
}
