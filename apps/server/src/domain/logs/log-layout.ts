/** An attempt's part of the log of its run. */
export interface LogSpan<Attempt> {
  attempt: Attempt;
  /** The number of its first line in the log of the run, from 0. */
  firstLine: number;
  lineCount: number;
}

interface LoggingAttempt {
  logLines: number;
  /** A log that was removed is one line, which says so. */
  logRemovedAt: Date | null;
}

/** Attempts follow each other, and their lines are numbered through. @param attempts of one run in their order */
export function layOutLog<Attempt extends LoggingAttempt>(attempts: readonly Attempt[]): LogSpan<Attempt>[] {
  let firstLine = 0;
  return attempts.map((attempt) => {
    const span = { attempt, firstLine, lineCount: attempt.logRemovedAt ? 1 : attempt.logLines };
    firstLine += span.lineCount;
    return span;
  });
}

/** The first line that is meant by a number, which counts from the end where it is negative: -1 is the last line. */
export function resolveLine(wanted: number, lineCount: number): number {
  return wanted < 0 ? Math.max(0, lineCount + wanted) : wanted;
}
