import type { JobHabits, SentJob } from './jobs.ts';

export type Origin = 'tick' | 'request' | 'event' | 'freshness' | 'promise';

export interface ModelJob {
  ref: string;
  sent: SentJob;
  habits: JobHabits;
  isArchived: boolean;
  isPaused: boolean;
  /** The end of what completed runs have covered. */
  watermark: number | null;
  hasCompleted: boolean;
  refreshPending: boolean;
  epoch: number;
  active: Map<string, ModelRun>;
  schedules: Map<string, ModelSchedule>;
  /** The trigger that a call has promised to start when the upstreams complete. */
  promise: string | null;
  /** Starts that the step has decided on, and whose runs the database has not shown yet. */
  startingCount: number;
  /** Ticks that have a row of their own. */
  usedTicks: Set<string>;
  newestSkip: { runId: string; status: string; trigger: string; count: number } | null;
}

interface ModelRun {
  /** The runs that were before the job last forgot what it completed count for nothing. */
  epoch: number;
  refresh: boolean;
  status: 'pending' | 'running' | 'cancelling';
  intervalEnd: number | null;
}

interface ModelSchedule {
  zone: string;
  /** Null when the trigger fires no more. */
  dueAt: number | null;
  previousTick: number | null;
}
