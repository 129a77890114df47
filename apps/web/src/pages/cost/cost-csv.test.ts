import type { CostResponse } from '@pumphouse/contract';
import { expect, it } from 'vitest';
import { toCostCsv } from './cost-csv.ts';

const sum = {
  attempt_count: 1,
  held_hours: 0.5,
  core_hours_held: 1,
  core_hours_used: 0.25,
  gib_hours_held: 2,
  gib_hours_used: 1,
  core_share: 0.25,
  memory_share: 0.5,
  unmeasured_count: 0,
  unlimited_count: 0,
  rows_loaded: 7,
  bytes_loaded: 80,
  amount: null,
  unpriced_hours: 0.5,
};

it('has a line per row and one for the total, in which no text is a formula', () => {
  const cost: CostResponse = {
    from: '2026-03-01',
    to: '2026-03-31',
    counted_since: '2026-01-01',
    currency: null,
    total: sum,
    before: { ...sum, held_hours: 2 },
    days: [],
    rows: [
      {
        key: '=cmd()',
        name: '=cmd()',
        trigger_kind: null,
        workspace_id: null,
        workspace_name: '@work',
        total: { ...sum, amount: 3 },
        before: null,
        use: null,
      },
    ],
    row_count: 1,
  };
  const [head, line, total, end] = toCostCsv(cost, 'tag').split('\r\n');
  expect(head).toMatch(/^\uFEFFfrom,to,group,name,id,workspace,currency,amount/);
  expect(line).toBe("2026-03-01,2026-03-31,tag,'=cmd(),'=cmd(),'@work,,3,0.5,1,0.5,1,0.25,2,1,0,0,7,80,,,,,");
  expect(total).toBe('2026-03-01,2026-03-31,total,Total,,,,,0.5,1,0.5,1,0.25,2,1,0,0,7,80,,2,,,');
  expect(end).toBe('');
});
