import type { TimelineResponse } from '@pumphouse/contract';
import { stateAppearance, type StateAppearance } from '../../../ui/run-states.ts';

/** A run on the time axis. All times are in milliseconds since 1970. */
export interface Bar {
  id: string;
  job: number;
  number: number;
  status: string;
  look: StateAppearance;
  createdMs: number;
  /** Null if user code has not started, or never did. */
  startedMs: number | null;
  /** Null for an active run. */
  finishedMs: number | null;
  tickMs: number | null;
  /** What it waits or waited for before its code started. */
  wait: string | null;
  retriesMs: number[];
  skip: { reason: string; count: number; isMissed: boolean } | null;
  /** From 0; runs at the same time have different lanes. */
  lane: number;
}

/** Planned ticks of one trigger. */
export interface PlannedTicks {
  text: string;
  timeZone: string;
  atMs: number[];
}

/** Ended runs within one bucket. */
export interface Cell {
  startMs: number;
  endMs: number;
  completed: number;
  failed: number;
  cancelled: number;
  skipped: number;
}

export interface TimelineJob {
  id: string;
  ref: string;
  name: string;
  tags: string[];
  schedule: string | null;
  isStarred: boolean;
  isPaused: boolean;
  isArchived: boolean;
  /** In order of creation. */
  bars: Bar[];
  planned: PlannedTicks[];
  /** In order; empty unless there are too many runs to show each. */
  cells: Cell[];
}

/** A timeline by job. */
export interface TimelineData {
  jobs: TimelineJob[];
  hasMoreJobs: boolean;
  isCounted: boolean;
  ticksUntilMs: number | null;
}

const maxLanes = 4;

/** Converts the columns of a response to bars, ticks and counts of each job. */
export function readTimeline(response: TimelineResponse): TimelineData {
  const originMs = Date.parse(response.start);
  const jobs = response.jobs.map((job): TimelineJob => ({
    id: job.id,
    ref: job.ref,
    name: job.name,
    tags: job.tags,
    schedule: job.schedule,
    isStarred: job.is_starred,
    isPaused: job.is_paused,
    isArchived: job.is_archived,
    bars: [],
    planned: [],
    cells: [],
  }));
  for (const bar of readBars(response.runs, originMs)) jobs[bar.job]?.bars.push(bar);
  for (const { job, trigger_text: text, time_zone: timeZone, ticks_ms: ticks } of response.schedules) {
    jobs[job]?.planned.push({ text, timeZone, atMs: ticks.map((tick) => originMs + tick) });
  }
  readCells(response, originMs, jobs);
  for (const job of jobs) assignLanes(job.bars);
  return {
    jobs,
    hasMoreJobs: response.has_more_jobs,
    isCounted: response.counts !== null,
    ticksUntilMs: response.ticks_until === null ? null : Date.parse(response.ticks_until),
  };
}

function readBars(runs: TimelineResponse['runs'], originMs: number): Bar[] {
  const toMs = (offset: number | null | undefined) => (offset == null ? null : originMs + offset);
  const bars = runs.ids.map((id, index): Bar => {
    const status = runs.statuses[index] ?? '';
    return {
      id,
      job: runs.jobs[index] ?? 0,
      number: runs.numbers[index] ?? 0,
      status,
      look: stateAppearance(status),
      createdMs: toMs(runs.created_ms[index]) ?? originMs,
      startedMs: toMs(runs.started_ms[index]),
      finishedMs: toMs(runs.finished_ms[index]),
      tickMs: toMs(runs.tick_ms[index]),
      wait: null,
      retriesMs: [],
      skip: null,
      lane: 0,
    };
  });
  for (const { run, reason } of runs.waits) if (bars[run]) bars[run].wait = reason;
  for (const { run, at_ms: at } of runs.retries) bars[run]?.retriesMs.push(originMs + at);
  for (const { run, reason, count, is_missed: isMissed } of runs.skips) {
    if (bars[run]) bars[run].skip = { reason, count, isMissed };
  }
  return bars;
}

function readCells({ counts }: TimelineResponse, originMs: number, jobs: readonly TimelineJob[]): void {
  if (!counts) return;
  for (const [index, job] of counts.jobs.entries()) {
    const startMs = originMs + (counts.buckets[index] ?? 0) * counts.bucket_ms;
    jobs[job]?.cells.push({
      startMs,
      endMs: startMs + counts.bucket_ms,
      completed: counts.completed[index] ?? 0,
      failed: counts.failed[index] ?? 0,
      cancelled: counts.cancelled[index] ?? 0,
      skipped: counts.skipped[index] ?? 0,
    });
  }
}

/** Where a bar ends: an active run ends now. */
export const endOfBar = ({ finishedMs, createdMs }: Bar, nowMs: number) =>
  Math.max(createdMs, finishedMs ?? nowMs);

/** Gives runs that overlap different lanes, the first free one each, up to a maximum. */
function assignLanes(bars: readonly Bar[]): void {
  const endsMs: number[] = [];
  for (const bar of bars) {
    const free = endsMs.findIndex((endMs) => endMs <= bar.createdMs);
    const lane = free === -1 ? Math.min(endsMs.length, maxLanes - 1) : free;
    bar.lane = lane;
    endsMs[lane] = Math.max(endsMs[lane] ?? 0, bar.finishedMs ?? Number.POSITIVE_INFINITY);
  }
}
