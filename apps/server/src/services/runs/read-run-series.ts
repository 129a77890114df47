import type { Persistence } from '../../store/store.ts';
import type { QuarterCounts, RunCounts } from '../../store/records.ts';
import type { SeriesBucket } from '@pumphouse/contract';
import type { TimeWindow } from '../paging/read-page.ts';
import { daysOfWindow, hoursOfWindow } from '../../domain/pipelines/statistics-window.ts';
import { maximumSeriesBuckets } from '@pumphouse/contract';
import { readWindow, refuseQuery } from '../paging/read-page.ts';

export interface RunBucket {
  startMs: number;
  endMs: number;
  counts: RunCounts;
}

export interface RunSeries {
  buckets: RunBucket[];
  total: RunCounts;
  /** The current state of the workspace. */
  now: { lastDay: RunCounts; running: number; pending: number; failingJobs: number };
}

export type ReadRunSeries = ReturnType<typeof createReadRunSeries>;

const quarterMs = 900_000;
const dayMs = 86_400_000;
/** Default length of a series without a start. */
const defaultLengthMs: Record<SeriesBucket, number> = { hour: dayMs, day: 30 * dayMs };

/** Creates the use case that counts runs by time of creation and outcome. */
export function createReadRunSeries({ store }: Persistence<'jobOverviews' | 'runSeries'>, clock: () => Date) {
  /**
   * @throws ServiceError invalid_request if the window ends before it starts, or has more than 400 buckets
   */
  return async function readRunSeries(
    workspaceId: string,
    asked: { window: TimeWindow; bucket: SeriesBucket },
  ): Promise<RunSeries> {
    const now = clock();
    const spans = readSpans(asked, now);
    const dayBefore = new Date(Math.floor((now.getTime() - dayMs) / quarterMs) * quarterMs);
    const [quarters, lastDay, active, failingJobs] = await Promise.all([
      store.runSeries.listQuarters(workspaceId, endsOf(spans)),
      // Extend into the future: the clock of the database may be ahead.
      store.runSeries.listQuarters(workspaceId, { start: dayBefore, end: new Date(now.getTime() + dayMs) }),
      store.runSeries.countActive(workspaceId),
      store.jobOverviews.countFailing(workspaceId),
    ]);
    const buckets = fillSpans(spans, quarters);
    const pending = active.get('pending') ?? 0;
    const running = [...active.values()].reduce((sum, count) => sum + count, 0) - pending;
    return {
      buckets,
      total: addUp(buckets.map(({ counts }) => counts)),
      now: { lastDay: addUp(lastDay), running, pending, failingJobs },
    };
  };
}

interface Span {
  startMs: number;
  endMs: number;
}

function readSpans({ window, bucket }: { window: TimeWindow; bucket: SeriesBucket }, now: Date): Span[] {
  const asked = readWindow(window);
  const end = asked.end ?? now;
  const start = asked.start ?? new Date(end.getTime() - defaultLengthMs[bucket]);
  if (start >= end) throw refuseQuery('start', 'must be before end');
  const tooLong = refuseQuery('start', `must be at most ${maximumSeriesBuckets} ${bucket}s before end`);
  const unitMs = bucket === 'hour' ? dayMs / 24 : dayMs;
  // Check before creating the spans: a window may have any length.
  if (end.getTime() - start.getTime() > (maximumSeriesBuckets + 1) * unitMs) throw tooLong;
  const spansOf = bucket === 'hour' ? hoursOfWindow : daysOfWindow;
  const spans = spansOf({ start, end }, window.timezone);
  if (spans.length > maximumSeriesBuckets) throw tooLong;
  return spans;
}

function endsOf(spans: readonly Span[]): { start: Date; end: Date } {
  return { start: new Date(spans[0]?.startMs ?? 0), end: new Date(spans.at(-1)?.endMs ?? 0) };
}

/** Sums the quarters of each span. Both inputs are in order of time. */
function fillSpans(spans: readonly Span[], quarters: readonly QuarterCounts[]): RunBucket[] {
  let at = 0;
  return spans.map(({ startMs, endMs }) => {
    const from = at;
    while ((quarters[at]?.startsAt.getTime() ?? Number.POSITIVE_INFINITY) < endMs) at += 1;
    return { startMs, endMs, counts: addUp(quarters.slice(from, at)) };
  });
}

function addUp(counts: readonly RunCounts[]): RunCounts {
  const sums = { completed: 0, failed: 0, cancelled: 0, skipped: 0, active: 0 };
  for (const each of counts) {
    sums.completed += each.completed;
    sums.failed += each.failed;
    sums.cancelled += each.cancelled;
    sums.skipped += each.skipped;
    sums.active += each.active;
  }
  return sums;
}
