import { listRows, type TimelineRow } from './timeline-rows.ts';
import type { TimelineData } from './timeline-bars.ts';

/** The jobs whose last run failed, then those with active runs, then those that ran last. */
export function listNotableRows(data: TimelineData, limit: number): TimelineRow[] {
  const { rows } = listRows(data, { grouping: 'none', folded: new Set(), search: '', showsIdle: false });
  return rows
    .map((row) => ({ row, rank: rankOf(row), lastMs: lastOf(row) }))
    .toSorted((a, b) => a.rank - b.rank || b.lastMs - a.lastMs)
    .slice(0, limit)
    .map(({ row }) => row);
}

function rankOf({ bars, cells }: TimelineRow): number {
  const last = bars.findLast(({ skip }) => skip === null);
  if (last?.status === 'failed' || (cells.at(-1)?.failed ?? 0) > 0) return 0;
  return last && last.finishedMs === null ? 1 : 2;
}

function lastOf({ bars, cells }: TimelineRow): number {
  return Math.max(bars.at(-1)?.createdMs ?? 0, cells.at(-1)?.startMs ?? 0);
}
