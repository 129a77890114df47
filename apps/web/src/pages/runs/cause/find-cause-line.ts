import { findTracebackStart } from '@pumphouse/client';

/** A line that user code printed. */
export interface PrintedLine {
  /** Number of the line in the log, counted from 0. */
  number: number;
  /** Without control sequences. */
  content: string;
  /** Printed to stderr. */
  isError: boolean;
}

/**
 * Finds the line of the exception that ended a run. Python prints an exception before those that were raised
 * from it, so it is the first such line of the last traceback; without one there, the last such line.
 * @param exceptionType with its module; null if unknown
 * @returns the number of the line, counted from 0; null if no line reports the exception
 */
export function findCauseLine(lines: readonly PrintedLine[], exceptionType: string | null): number | null {
  const name = exceptionType?.split('.').at(-1);
  if (name === undefined) return null;
  const errors = lines.filter(({ isError }) => isError);
  const start = findTracebackStart(errors.map(({ content }) => content));
  const inTraceback = start === null ? [] : errors.slice(start);
  const line =
    inTraceback.find(({ content }) => isReported(content, name)) ??
    lines.findLast(({ content }) => isReported(content, name));
  return line?.number ?? null;
}

/** True for a line that starts with `ValueError: …` or `duckdb.ConversionException: …`. */
function isReported(content: string, name: string): boolean {
  const [before] = content.split(':', 1);
  return before !== undefined && (before === name || before.endsWith(`.${name}`));
}
