import type { FreshnessState, PipelineFreshnessRow } from '@pumphouse/contract';
import { freshnessStates } from '@pumphouse/contract';

type Row = Pick<PipelineFreshnessRow, 'pipeline_name' | 'freshness'>;

/** A pipeline on the board. */
export interface BoardRow<Each extends Row> {
  row: Each;
  /** Age of the data in expected intervals: 1 when the next success is expected; null without an expectation. */
  share: number | null;
}

/** A group of the board: all pipelines of one state. */
export interface BoardGroup<Each extends Row> {
  state: FreshnessState;
  rows: BoardRow<Each>[];
}

/** These groups are shown even if they are empty, so that the board says that nothing fails. */
const alwaysShown: readonly FreshnessState[] = ['failing', 'stale', 'due', 'fresh'];

/** Groups pipelines by state, the worst first; within a group the one that is most overdue comes first. */
export function groupByState<Each extends Row>(rows: readonly Each[], now: Date): BoardGroup<Each>[] {
  const boardRows = rows
    .map((row) => ({ row, share: shareOf(row, now) }))
    .toSorted(
      (a, b) =>
        (b.share ?? -1) - (a.share ?? -1) || a.row.pipeline_name.localeCompare(b.row.pipeline_name, 'en'),
    );
  return freshnessStates
    .map((state) => ({ state, rows: boardRows.filter(({ row }) => row.freshness.state === state) }))
    .filter((group) => group.rows.length > 0 || alwaysShown.includes(group.state));
}

function shareOf({ freshness }: Row, now: Date): number | null {
  const { last_success_at: at, expected_every_seconds: expected } = freshness;
  if (at === null || expected === null) return null;
  return Math.max(0, now.getTime() - Date.parse(at)) / 1000 / expected;
}
