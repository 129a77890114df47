import type { PipelineFreshnessRow } from '@pumphouse/contract';
import { expect, it } from 'vitest';
import { boardGroups, groupByFreshness } from './board-groups.ts';

const now = new Date('2026-11-30T12:00:00Z');

function row(
  name: string,
  ageHours: number | null,
  changes: { status?: string; isStale?: boolean; every?: null } = {},
) {
  const at = ageHours === null ? null : new Date(now.getTime() - ageHours * 3_600_000).toISOString();
  const freshness = {
    last_success_at: at,
    is_stale: changes.isStale ?? false,
    expected_every_seconds: changes.every === null ? null : 86_400,
  };
  const fields = { pipeline_name: name, freshness, last_run: { status: changes.status ?? 'succeeded' } };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only the fields that decide the group
  return fields as unknown as PipelineFreshnessRow;
}
const groupsOf = (rows: PipelineFreshnessRow[]) => {
  const groups = groupByFreshness(rows, now);
  return boardGroups.map((group) => (groups.get(group) ?? []).map((each) => each.row.pipeline_name));
};

it('pipelines are grouped by their last run, and by their age against what is expected', () => {
  expect(
    groupsOf([
      row('fresh', 5),
      row('due', 20),
      row('passed', 30),
      row('late', 60, { isStale: true }),
      row('never', null, { isStale: true }),
      row('by hand', 5, { every: null }),
    ]),
  ).toEqual([[], ['late', 'never'], ['passed', 'due'], ['fresh'], ['by hand']]);
});

it('a pipeline whose last run failed is failing, however new its data is', () => {
  expect(
    groupsOf([row('new', 1, { status: 'failed' }), row('old', 90, { status: 'failed', isStale: true })]),
  ).toEqual([['old', 'new'], [], [], [], []]);
});
