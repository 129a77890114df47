import type { FreshnessState, PipelineFreshnessRow } from '@pumphouse/contract';
import { expect, it } from 'vitest';
import { groupByState } from './board-groups.ts';

const now = new Date('2026-11-30T12:00:00Z');

function row(name: string, state: FreshnessState, ageHours: number | null) {
  const at = ageHours === null ? null : new Date(now.getTime() - ageHours * 3_600_000).toISOString();
  const freshness = { state, last_success_at: at, expected_every_seconds: 86_400 };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only the fields that decide the group
  return { pipeline_name: name, freshness } as unknown as PipelineFreshnessRow;
}
const groupsOf = (rows: PipelineFreshnessRow[]) =>
  groupByState(rows, now).map(({ state, rows: own }) => [state, own.map((each) => each.row.pipeline_name)]);

it('groups pipelines by state, the worst first, and within a state by age', () => {
  const rows = [
    row('five hours', 'fresh', 5),
    row('a day', 'due', 30),
    row('two days', 'due', 50),
    row('new', 'failing', 1),
    row('none', 'never_succeeded', null),
  ];
  expect(groupsOf(rows)).toEqual([
    ['failing', ['new']],
    ['stale', []],
    ['never_succeeded', ['none']],
    ['due', ['two days', 'a day']],
    ['fresh', ['five hours']],
  ]);
});

it('shows the usual states even if no pipeline has them', () => {
  expect(groupsOf([]).map(([state]) => state)).toEqual(['failing', 'stale', 'due', 'fresh']);
});
