/**
 * What must hold for a job whose past is loaded by backfills while its schedule goes on, whatever the services
 * decide. It shares no code with the server: it keeps which time was loaded as a list of spans, and checks each
 * run when it starts.
 */
import type { ActiveRow } from './site.ts';
import type { Journal } from './journal.ts';
import { format } from './journal.ts';

export interface Span {
  start: number;
  end: number;
}

export interface LoadedJob {
  ref: string;
  id: string;
  concurrency: number | null;
  declaredStart: number;
  /** Time that runs have completed since the last refresh, without what users invalidated. */
  loaded: Span[];
  /** Also with what users invalidated: the watermark may pass it. */
  everLoaded: Span[];
  active: Map<string, LoadedRun>;
  /** A refresh ended without success: nothing counts until another one. */
  isRefreshPending: boolean;
  epoch: number;
  isArchived: boolean;
}

interface LoadedRun extends Span {
  number: number;
  epoch: number;
  refresh: boolean;
  backfillId: string | null;
  window: number | null;
}

export interface LoadedBackfill {
  id: string;
  job: LoadedJob;
  mode: string;
  parallel: number;
  /** A user paused or cancelled it. */
  isHeld: boolean;
}

const overlap = (a: Span, b: Span) =>
  a.start < a.end && b.start < b.end && a.start < b.end && b.start < a.end;
const describe = ({ start, end }: Span) => `[${format(start)}, ${format(end)})`;

/** Adds a span, and joins what touches it. */
function addSpan(spans: readonly Span[], { start, end }: Span): Span[] {
  if (start >= end) return [...spans];
  const apart = spans.filter((span) => span.end < start || span.start > end);
  const touching = spans.filter((span) => span.end >= start && span.start <= end);
  const joined = {
    start: Math.min(start, ...touching.map((span) => span.start)),
    end: Math.max(end, ...touching.map((span) => span.end)),
  };
  return [...apart, joined].sort((a, b) => a.start - b.start);
}

/** Removes the time of a span. */
function removeSpan(spans: readonly Span[], gone: Span): Span[] {
  return spans.flatMap((span) =>
    overlap(span, gone)
      ? [
          { start: span.start, end: Math.min(span.end, gone.start) },
          { start: Math.max(span.start, gone.end), end: span.end },
        ].filter(({ start, end }) => start < end)
      : [span],
  );
}

/** Creates the checks of jobs with backfills. */
export function createBackfillModel(journal: Journal) {
  const jobs = new Map<string, LoadedJob>();
  const backfills = new Map<string, LoadedBackfill>();
  /** Windows that have started, each once in a round. */
  const startedWindows = new Set<string>();

  /** A run has started, or left the queue. */
  function noteStart(job: LoadedJob, row: ActiveRow): void {
    const span = { start: row.start?.getTime() ?? 0, end: row.end?.getTime() ?? 0 };
    journal.note(
      job.ref,
      `run #${row.number} starts on ${describe(span)}${row.backfillId ? ' of a backfill' : ''}`,
    );
    journal.count(row.backfillId === null ? 'starts besides backfills' : 'windows started');
    if (row.refresh) {
      journal.count('refreshes besides backfills');
      [job.loaded, job.everLoaded, job.isRefreshPending] = [[], [], false];
      job.epoch += 1;
    } else if (job.isRefreshPending)
      throw journal.violation(job.ref, `run ${row.number} does not refresh, though a refresh is pending`);
    if (row.backfillId !== null) checkWindow(job, row, row.backfillId);
    checkTime(job, row, span);
    job.active.set(row.runId, {
      ...span,
      number: row.number,
      epoch: job.epoch,
      refresh: row.refresh,
      backfillId: row.backfillId,
      window: row.window,
    });
    checkCounts(job, row);
  }

  function checkWindow(job: LoadedJob, row: ActiveRow, backfillId: string): void {
    const name = `${backfillId} ${row.window} ${row.round}`;
    if (startedWindows.has(name)) throw journal.violation(job.ref, `window ${name} started twice`);
    startedWindows.add(name);
    const backfill = backfills.get(backfillId);
    if (!backfill || backfill.isHeld || job.isArchived)
      throw journal.violation(
        job.ref,
        `window ${row.window} starts, though its backfill is paused or cancelled`,
      );
    if (row.refresh) throw journal.violation(job.ref, `window ${row.window} refreshes`);
    const own = [...job.active.values()].filter((run) => run.backfillId === backfillId);
    if (own.length >= backfill.parallel)
      throw journal.violation(job.ref, `${own.length + 1} windows run at once, ${backfill.parallel} may`);
  }

  /** No run loads what a run has loaded or another one is loading, if one of the two belongs to a backfill. */
  function checkTime(job: LoadedJob, row: ActiveRow, span: Span): void {
    for (const other of job.active.values()) {
      const isOfBackfill = row.backfillId !== null || other.backfillId !== null;
      if (isOfBackfill && (overlap(span, other) || row.refresh || other.refresh))
        throw journal.violation(
          job.ref,
          `run ${row.number} and run ${other.number} load the same time at once`,
        );
    }
    const mode = row.backfillId === null ? null : backfills.get(row.backfillId)?.mode;
    if (row.refresh || (mode !== null && mode !== 'missing')) return;
    const twice = job.loaded.find((loaded) => overlap(loaded, span));
    if (twice)
      throw journal.violation(job.ref, `run ${row.number} loads again what was loaded`, {
        run: describe(span),
        loaded: describe(twice),
      });
  }

  function checkCounts(job: LoadedJob, { number }: ActiveRow): void {
    const { concurrency, active } = job;
    if (concurrency === null) return;
    const windows = [...active.values()].filter(({ backfillId }) => backfillId !== null).length;
    if (active.size > concurrency || windows > Math.max(1, concurrency - 1))
      throw journal.violation(
        job.ref,
        `with run ${number}, ${active.size} runs are active, ${windows} of them windows`,
      );
  }

  return {
    jobs,
    backfills,

    /** Compares what is active with what was before: the world reports ends itself. */
    see(rows: readonly ActiveRow[]): ActiveRow[] {
      const started = rows.filter(
        ({ runId, jobId, isQueued }) => !isQueued && !jobs.get(jobId)?.active.has(runId),
      );
      for (const row of started.toSorted((a, b) => a.number - b.number)) {
        const job = jobs.get(row.jobId);
        if (job) noteStart(job, row);
      }
      const seen = new Set(rows.map(({ runId }) => runId));
      for (const job of jobs.values())
        for (const [runId, { number }] of job.active)
          if (!seen.has(runId)) throw journal.violation(job.ref, `run ${number} is not active any more`);
      return started;
    },

    end(job: LoadedJob, runId: string, status: 'completed' | 'failed' | 'cancelled'): void {
      const run = job.active.get(runId);
      if (!run) return;
      journal.note(job.ref, `run #${run.number} is ${status}`);
      job.active.delete(runId);
      const counts = run.epoch === job.epoch && !job.isRefreshPending;
      if (status === 'completed') {
        if (counts) job.loaded = addSpan(job.loaded, run);
        if (counts) job.everLoaded = addSpan(job.everLoaded, run);
      } else if (run.refresh && run.epoch === job.epoch) job.isRefreshPending = true;
    },

    invalidate(job: LoadedJob, span: Span): void {
      job.loaded = removeSpan(job.loaded, span);
    },

    /** What the database knows about a job must be what was loaded, and its watermark must pass no gap. */
    audit(job: LoadedJob, stored: { completed: Span[]; watermark: number | null }): void {
      if (JSON.stringify(stored.completed) !== JSON.stringify(job.loaded))
        throw journal.violation(job.ref, 'the completed time is not what runs have loaded', {
          expected: job.loaded.map(describe),
          found: stored.completed.map(describe),
        });
      const { watermark } = stored;
      if (watermark === null || watermark <= job.declaredStart) return;
      const isCovered = job.everLoaded.some(
        (span) => span.start <= job.declaredStart && span.end >= watermark,
      );
      if (!isCovered)
        throw journal.violation(
          job.ref,
          `the watermark ${format(watermark)} passes time that was never loaded`,
          {
            loaded: job.everLoaded.map(describe),
          },
        );
    },
  };
}
