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
  /** The trigger of a deferred start, which fires when the upstreams complete. */
  promise: string | null;
  /** Starts decided in this step whose runs are not yet observed in the database. */
  startingCount: number;
  /** Ticks that have their own row. */
  usedTicks: Set<string>;
  newestSkip: { runId: string; status: string; trigger: string; count: number } | null;
}

interface ModelRun {
  /** Runs from before the job last forgot its completed runs do not count. */
  epoch: number;
  refresh: boolean;
  status: 'pending' | 'running' | 'cancelling';
  intervalEnd: number | null;
}

interface ModelSchedule {
  zone: string;
  /** Null if the trigger never fires again. */
  dueAt: number | null;
  previousTick: number | null;
}
