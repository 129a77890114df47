import type { PipelineFreshnessRow } from '@pumphouse/contract';

/** Groups of the board, the most urgent first. */
export const boardGroups = ['failing', 'late', 'due-soon', 'fresh', 'unknown'] as const;
export type BoardGroup = (typeof boardGroups)[number];

export const boardLabels: Record<BoardGroup, { word: string; meaning: string }> = {
  failing: { word: 'Failing', meaning: 'The last run failed.' },
  late: { word: 'Late', meaning: 'Two starts have been due since the last success.' },
  'due-soon': { word: 'Due soon', meaning: 'The next success is expected soon or now.' },
  fresh: { word: 'Fresh', meaning: 'The last run succeeded, and the next one is not due soon.' },
  unknown: { word: 'Unknown', meaning: 'No schedule says when newer data is expected.' },
};

type Row = Pick<PipelineFreshnessRow, 'pipeline_name' | 'freshness' | 'last_run'>;

/** A pipeline on the board. */
export interface BoardRow<Each extends Row> {
  row: Each;
  /** Age of the data in expected intervals: 1 when the next success is expected; null without an expectation. */
  share: number | null;
}

/** Share of the expected interval after which the next success is due soon. */
const dueShare = 0.8;

/** Sorts pipelines into groups; within a group the one that is most overdue comes first. */
export function groupByFreshness<Each extends Row>(
  rows: readonly Each[],
  now: Date,
): Map<BoardGroup, BoardRow<Each>[]> {
  const boardRows = rows
    .map((row) => ({ row, share: shareOf(row, now) }))
    .toSorted(
      (a, b) =>
        (b.share ?? -1) - (a.share ?? -1) || a.row.pipeline_name.localeCompare(b.row.pipeline_name, 'en'),
    );
  return Map.groupBy(boardRows, groupOf);
}

function shareOf({ freshness }: Row, now: Date): number | null {
  const { last_success_at: at, expected_every_seconds: expected } = freshness;
  if (at === null || expected === null) return null;
  return Math.max(0, now.getTime() - Date.parse(at)) / 1000 / expected;
}

/** A failure outweighs the age: data whose last run failed is not fresh, however new it is. */
function groupOf({ row: { freshness, last_run: last }, share }: BoardRow<Row>): BoardGroup {
  if (last?.status === 'failed') return 'failing';
  if (freshness.is_stale) return 'late';
  if (share === null) return 'unknown';
  return share >= dueShare ? 'due-soon' : 'fresh';
}
