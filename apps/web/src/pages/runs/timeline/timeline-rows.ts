import type { Bar, Cell, PlannedTicks, TimelineData, TimelineJob } from './timeline-bars.ts';
import type { Grouping } from './timeline-search.ts';
import { shortenJobName } from '../../../details/job-name.ts';

/** A row of the timeline: a job, or a group whose jobs follow unless it is folded. */
export interface TimelineRow {
  key: string;
  kind: 'job' | 'group';
  label: string;
  /** Set for a job. */
  job: TimelineJob | null;
  /** Number of jobs of a group. */
  jobCount: number;
  isFolded: boolean;
  laneCount: number;
  /** In order of creation; of all its jobs for a folded group. */
  bars: readonly Bar[];
  /** For each bar, when the last of it and the bars before it ends; infinite for an active run. */
  reachMs: readonly number[];
  planned: readonly PlannedTicks[];
  cells: readonly Cell[];
}

export interface RowOptions {
  grouping: Grouping;
  /** Keys of folded groups. */
  folded: ReadonlySet<string>;
  /** Part of the name of the shown jobs. */
  search: string;
  /** Whether to list jobs without runs and ticks. */
  showsIdle: boolean;
}

export interface RowList {
  rows: TimelineRow[];
  /** Jobs left out because they have neither runs nor ticks. */
  idleCount: number;
}

/** Whether jobs have tags, so that grouping by them is useful. */
export const suggestGrouping = ({ jobs }: TimelineData): Grouping =>
  jobs.some(({ tags }) => tags.length > 0) ? 'tag' : 'none';

/** Lists the rows of a timeline in display order. A job is in one group: that of its first tag. */
export function listRows({ jobs }: TimelineData, options: RowOptions): RowList {
  const search = options.search.trim().toLowerCase();
  const found = jobs.filter(
    ({ name, ref }) => name.toLowerCase().includes(search) || ref.toLowerCase().includes(search),
  );
  const shown = found.filter((job) => options.showsIdle || isBusy(job));
  const idleCount = found.length - shown.length;
  if (options.grouping === 'none') return { rows: shown.map(toJobRow), idleCount };
  const groups = groupJobs(shown, options.grouping);
  const rows = groups.flatMap(({ label, jobs: members }) => {
    const group = toGroupRow(label, members, options);
    return group.isFolded ? [group] : [group, ...members.map(toJobRow)];
  });
  return { rows, idleCount };
}

const isBusy = ({ bars, planned, cells }: TimelineJob) =>
  bars.length > 0 || cells.length > 0 || planned.some(({ atMs }) => atMs.length > 0);

interface Group {
  label: string;
  jobs: TimelineJob[];
}

const without: Record<Exclude<Grouping, 'none'>, string> = { tag: 'No tag', schedule: 'Manual' };

function groupJobs(jobs: readonly TimelineJob[], grouping: Exclude<Grouping, 'none'>): Group[] {
  const groups = new Map<string, TimelineJob[]>();
  for (const job of jobs) {
    const label = (grouping === 'tag' ? job.tags[0] : labelSchedule(job)) ?? without[grouping];
    const group = groups.get(label) ?? [];
    group.push(job);
    groups.set(label, group);
  }
  const last = without[grouping];
  return [...groups]
    .map(([label, members]) => ({ label, jobs: members }))
    .toSorted((a, b) => Number(a.label === last) - Number(b.label === last) || compare(a.label, b.label));
}

const collator = new Intl.Collator('en', { numeric: true });
const compare = (a: string, b: string) => collator.compare(a, b);

/** "At 06:15", "Every 5 minutes"; all jobs that follow others are one group. */
function labelSchedule({ schedule }: TimelineJob): string | null {
  if (schedule === null || schedule === 'manual') return null;
  if (schedule.startsWith('after ')) return 'After another job';
  return schedule.charAt(0).toUpperCase() + schedule.slice(1);
}

function toJobRow(job: TimelineJob): TimelineRow {
  return {
    key: `job ${job.id}`,
    kind: 'job',
    label: shortenJobName(job.name),
    job,
    jobCount: 1,
    isFolded: false,
    laneCount: countLanes(job.bars),
    bars: job.bars,
    reachMs: listReach(job.bars),
    planned: job.isPaused || job.isArchived ? [] : job.planned,
    cells: job.cells,
  };
}

function toGroupRow(label: string, jobs: readonly TimelineJob[], { folded }: RowOptions): TimelineRow {
  const isFolded = folded.has(label);
  const bars = isFolded ? jobs.flatMap((job) => job.bars).toSorted((a, b) => a.createdMs - b.createdMs) : [];
  return {
    key: `group ${label}`,
    kind: 'group',
    label,
    job: null,
    jobCount: jobs.length,
    isFolded,
    laneCount: 1,
    bars,
    reachMs: listReach(bars),
    planned: [],
    cells: isFolded ? mergeCells(jobs.flatMap((job) => job.cells)) : [],
  };
}

const countLanes = (bars: readonly Bar[]) => Math.max(1, ...bars.map(({ lane }) => lane + 1));

function listReach(bars: readonly Bar[]): number[] {
  let reachMs = Number.NEGATIVE_INFINITY;
  return bars.map((bar) => {
    reachMs = Math.max(reachMs, bar.finishedMs ?? Number.POSITIVE_INFINITY, bar.createdMs);
    return reachMs;
  });
}

function mergeCells(cells: readonly Cell[]): Cell[] {
  const byStart = new Map<number, Cell>();
  for (const cell of cells) {
    const sum = byStart.get(cell.startMs) ?? { ...cell, completed: 0, failed: 0, cancelled: 0, skipped: 0 };
    sum.completed += cell.completed;
    sum.failed += cell.failed;
    sum.cancelled += cell.cancelled;
    sum.skipped += cell.skipped;
    byStart.set(cell.startMs, sum);
  }
  return [...byStart.values()].toSorted((a, b) => a.startMs - b.startMs);
}

/** Index of the first bar that reaches an instant; earlier ones ended before it. */
export function findFirstBar({ reachMs }: Pick<TimelineRow, 'reachMs'>, atMs: number): number {
  let [low, high] = [0, reachMs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((reachMs[middle] ?? 0) < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Numbers of runs by state that were created in a range, of jobs that the rows show. */
export function countCreated(
  rows: readonly TimelineRow[],
  { startMs, endMs }: { startMs: number; endMs: number },
) {
  const sums = { total: 0, failed: 0 };
  for (const row of rows) {
    for (const bar of row.bars) {
      if (bar.createdMs < startMs || bar.createdMs >= endMs) continue;
      sums.total += 1;
      if (bar.status === 'failed') sums.failed += 1;
    }
    for (const cell of row.cells) {
      if (cell.startMs < startMs || cell.startMs >= endMs) continue;
      sums.total += cell.completed + cell.failed + cell.cancelled + cell.skipped;
      sums.failed += cell.failed;
    }
  }
  return sums;
}
