import type { LiveLog } from '@pumphouse/contract';

/** Length of a log as last reported by the server. */
export type LogGrowth = Pick<LiveLog, 'line_count' | 'is_complete'>;

const growths = new Map<string, LogGrowth>();
const listeners = new Set<() => void>();

export function noteLogGrowth({ job_run_id, ...growth }: LiveLog): void {
  growths.set(job_run_id, growth);
  for (const listener of listeners) listener();
}

/** Null until the server has reported the length. */
export const readLogGrowth = (jobRunId: string): LogGrowth | null => growths.get(jobRunId) ?? null;

export function listenToLogGrowths(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
