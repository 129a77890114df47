import type { TimelineResponse } from '@pumphouse/contract';
import { describe, expect, it } from 'vitest';
import { countCreated, findFirstBar, listRows, suggestGrouping, type RowOptions } from './timeline-rows.ts';
import { findTarget, layOutBar } from './plot-layout.ts';
import { rowHeightPx } from './plot-sizes.ts';
import { listNotableRows } from './notable-rows.ts';
import { readTimeline } from './timeline-bars.ts';
import { stepBar, stepRow } from './bar-steps.ts';

const minuteMs = 60_000;
const start = '2026-03-10T00:00:00.000Z';
const startMs = Date.parse(start);

interface TestRun {
  job?: number;
  status?: string;
  /** Minutes after the start. */
  created: number;
  started?: number | null;
  finished: number | null;
}

const jobs = [
  { ref: 'jobs.a', tags: ['finance', 'x'], schedule: 'at 06:15' },
  { ref: 'jobs.b', tags: [], schedule: 'after a succeeds' },
  { ref: 'jobs.c', tags: ['finance'], schedule: null },
].map((job) => ({
  ...job,
  id: job.ref,
  name: job.ref,
  is_starred: false,
  is_paused: false,
  is_archived: false,
}));

function makeTimeline(runs: TestRun[], rest: Partial<TimelineResponse> = {}) {
  const toMs = (minutes: number | null) => (minutes === null ? null : minutes * minuteMs);
  return readTimeline({
    start,
    end: '2026-03-11T00:00:00.000Z',
    now: '2026-03-10T12:00:00.000Z',
    jobs,
    has_more_jobs: false,
    runs: {
      ids: runs.map((_, index) => `run-${index}`),
      jobs: runs.map(({ job = 0 }) => job),
      numbers: runs.map((_, index) => index + 1),
      statuses: runs.map(({ status = 'completed' }) => status),
      created_ms: runs.map(({ created }) => created * minuteMs),
      started_ms: runs.map(({ started, created }) => toMs(started === undefined ? created : started)),
      finished_ms: runs.map(({ finished }) => toMs(finished)),
      tick_ms: runs.map(() => null),
      waits: [],
      retries: [],
      skips: [],
    },
    counts: null,
    schedules: [],
    ticks_until: null,
    ...rest,
  });
}

const options = (part: Partial<RowOptions> = {}): RowOptions => ({
  grouping: 'none',
  folded: new Set(),
  search: '',
  showsIdle: true,
  ...part,
});

describe('the rows', () => {
  const data = makeTimeline([{ created: 0, finished: 10 }]);
  const labels = (part: Partial<RowOptions>) => listRows(data, options(part)).rows.map(({ label }) => label);

  it('are grouped by the first tag or by schedule, the rest last', () => {
    expect(labels({ grouping: 'tag' })).toEqual(['finance', 'a', 'c', 'No tag', 'b']);
    const bySchedule = ['After another job', 'b', 'At 06:15', 'a', 'Manual', 'c'];
    expect(labels({ grouping: 'schedule' })).toEqual(bySchedule);
    expect(suggestGrouping(data)).toBe('tag');
  });

  it('of a folded group are one row with all its bars', () => {
    const { rows } = listRows(data, options({ grouping: 'tag', folded: new Set(['finance']) }));
    expect(rows.map(({ label }) => label)).toEqual(['finance', 'No tag', 'b']);
    expect(rows[0]).toMatchObject({ isFolded: true, jobCount: 2, bars: [{ id: 'run-0' }] });
  });

  it('leave out jobs without runs and ticks, and those that do not match the search', () => {
    const { rows, idleCount } = listRows(data, options({ showsIdle: false }));
    expect([rows.map(({ label }) => label), idleCount]).toEqual([['a'], 2]);
    expect(labels({ search: 'JOBS.C' })).toEqual(['c']);
  });

  it('put runs at the same time into lanes', () => {
    const overlapping = makeTimeline([
      { created: 0, finished: 30 },
      { created: 10, finished: 20 },
      { created: 25, finished: 40 },
      { created: 26, finished: null, status: 'running' },
    ]);
    const [row] = listRows(overlapping, options()).rows;
    expect(row?.bars.map(({ lane }) => lane)).toEqual([0, 1, 1, 2]);
    expect(row?.laneCount).toBe(3);
  });

  it('are found from the first bar that reaches a time, also a long one before short ones', () => {
    const mixed = makeTimeline([
      { created: 0, finished: 5 },
      { created: 10, finished: 100 },
      { created: 20, finished: 25 },
      { created: 110, finished: 120 },
    ]);
    const row = listRows(mixed, options()).rows[0] ?? { reachMs: [] };
    const firstAt = (minutes: number) => findFirstBar(row, startMs + minutes * minuteMs);
    expect([0, 6, 50, 105, 121].map(firstAt)).toEqual([0, 1, 1, 3, 4]);
  });

  it('that matter most are those that failed, run, or ran last', () => {
    const several = makeTimeline([
      { job: 1, created: 0, finished: 5, status: 'failed' },
      { job: 2, created: 10, finished: null, status: 'running' },
      { job: 0, created: 50, finished: 60 },
    ]);
    expect(listNotableRows(several, 2).map(({ label }) => label)).toEqual(['b', 'c']);
  });

  it('count the runs that were created in a range, single and summed ones', () => {
    const counts = { completed: [3, 5], failed: [1, 0], cancelled: [0, 0], skipped: [0, 0] };
    const counted = makeTimeline([{ created: 10, finished: 11, status: 'failed' }], {
      counts: { bucket_ms: 30 * minuteMs, jobs: [0, 1], buckets: [0, 2], ...counts },
    });
    const { rows } = listRows(counted, options());
    const countUntil = (minutes: number) =>
      countCreated(rows, { startMs, endMs: startMs + minutes * minuteMs });
    expect(countUntil(60)).toEqual({ total: 5, failed: 2 });
    expect(countUntil(61)).toEqual({ total: 10, failed: 2 });
  });
});

describe('the layout of a bar', () => {
  const view = { startMs, endMs: startMs + 100 * minuteMs };
  const axis = { view, widthPx: 100, nowMs: startMs + 90 * minuteMs };
  const layOut = (run: TestRun, part = {}) => {
    const [bar] = makeTimeline([run]).jobs[0]?.bars ?? [];
    if (!bar) throw new Error('The timeline has no bar');
    return layOutBar({ ...bar, ...part }, 1, axis);
  };

  it('has the wait before the run', () => {
    const parts = { wait: { x: 10, width: 10 }, run: { x: 20, width: 30 }, late: null, left: 10, right: 50 };
    expect(layOut({ created: 10, started: 20, finished: 50 })).toMatchObject(parts);
  });

  it('ends now while it is active, and has no run while it waits', () => {
    expect(layOut({ created: 10, finished: null }).run).toEqual({ x: 10, width: 80 });
    const waiting = layOut({ created: 10, started: null, finished: null });
    expect([waiting.wait, waiting.run]).toEqual([{ x: 10, width: 80 }, null]);
  });

  it('is never too narrow to see, and shows a late start', () => {
    expect(layOut({ created: 10, finished: 10 }).run?.width).toBe(3);
    const late = layOut({ created: 10, finished: 20 }, { tickMs: startMs + 4 * minuteMs });
    expect(late.late).toEqual({ x: 4, width: 6 });
  });

  it('is found under the pointer', () => {
    const schedule = { job: 0, trigger: 'schedule:0 * * * *', trigger_kind: 'schedule' };
    const data = makeTimeline(
      [
        { created: 10, finished: 20 },
        { created: 30, finished: 31 },
      ],
      {
        schedules: [{ ...schedule, trigger_text: 'every hour', time_zone: 'UTC', ticks_ms: [95 * minuteMs] }],
      },
    );
    const [row] = listRows(data, options()).rows;
    if (!row) throw new Error('The timeline has no row');
    const find = (x: number) => findTarget(row, axis, { x, y: rowHeightPx / 2 });
    expect(find(15)).toMatchObject({ kind: 'bar', bar: { id: 'run-0' } });
    expect(find(33)).toMatchObject({ kind: 'bar', bar: { id: 'run-1' } });
    expect(find(50)).toBeNull();
    expect(find(96)).toMatchObject({ kind: 'tick', text: 'every hour' });
  });
});

it('the keyboard moves within a row, and to the nearest run of the next row that has one', () => {
  const data = makeTimeline([
    { job: 0, created: 0, finished: 5 },
    { job: 2, created: 18, finished: 19 },
    { job: 0, created: 20, finished: 25 },
  ]);
  const { rows } = listRows(data, options());
  const all = () => true;
  const [first, second, other] = [
    { row: 0, barId: 'run-0' },
    { row: 0, barId: 'run-2' },
    { row: 2, barId: 'run-1' },
  ];
  expect(stepBar(rows, first ?? null, 1, all)).toEqual(second);
  expect(stepBar(rows, second ?? null, 1, all)).toBeNull();
  expect(stepBar(rows, second ?? null, -1, ({ id }) => id !== 'run-0')).toBeNull();
  expect(stepRow(rows, second ?? null, 1, null, all)).toEqual(other);
  expect(stepRow(rows, other ?? null, -1, null, all)).toEqual(second);
});
