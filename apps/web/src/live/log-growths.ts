import type { LiveLog, LogLinesResponse } from '@pumphouse/contract';

/** Length of a log as last reported by the server. */
export type LogGrowth = Pick<LiveLog, 'line_count' | 'is_complete'>;

const growths = new Map<string, LogGrowth>();
const listeners = new Set<() => void>();
const lineListeners = new Map<string, Set<(added: LogLinesResponse) => void>>();

/** Notes the length of a log, after its new lines, so that these are there when the length is shown. */
export function noteLogGrowth({ job_run_id, added, ...growth }: LiveLog): void {
  if (added) for (const listener of lineListeners.get(job_run_id) ?? []) listener(added);
  growths.set(job_run_id, growth);
  for (const listener of listeners) listener();
}

/** Null until the server has reported the length. */
export const readLogGrowth = (jobRunId: string): LogGrowth | null => growths.get(jobRunId) ?? null;

export function listenToLogGrowths(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Calls the listener with the lines that are added to a log.
 * @returns a function that ends this
 */
export function listenToAddedLines(
  jobRunId: string,
  listener: (added: LogLinesResponse) => void,
): () => void {
  const ofRun = lineListeners.get(jobRunId) ?? new Set();
  lineListeners.set(jobRunId, ofRun.add(listener));
  return () => {
    ofRun.delete(listener);
    if (ofRun.size === 0) lineListeners.delete(jobRunId);
  };
}
