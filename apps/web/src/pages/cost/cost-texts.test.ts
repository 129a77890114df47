import type { CostRowResponse, CostSumResponse } from '@pumphouse/contract';
import { describe, expect, it } from 'vitest';
import {
  describeGrowth,
  describeSizeHint,
  describeUse,
  formatAmount,
  formatHours,
  formatPrice,
  listGaps,
  nameRow,
} from './cost-texts.ts';

const sum: CostSumResponse = {
  attempt_count: 4,
  held_hours: 10,
  core_hours_held: 20,
  core_hours_used: 5,
  gib_hours_held: 40,
  gib_hours_used: 4,
  core_share: 0.25,
  memory_share: 0.1,
  unmeasured_count: 0,
  unlimited_count: 0,
  rows_loaded: 0,
  bytes_loaded: 0,
  amount: 12,
  unpriced_hours: 0,
};
const row: CostRowResponse = {
  key: null,
  name: null,
  trigger_kind: null,
  workspace_id: null,
  workspace_name: null,
  total: sum,
  before: null,
  use: null,
};

it('formats amounts so that single runs are not free, and prices with all digits', () => {
  expect(formatAmount(1234.567, 'EUR')).toBe('€1,234.57');
  expect(formatAmount(0.00423, 'USD')).toBe('$0.0042');
  expect(formatAmount(0, 'EUR')).toBe('€0.00');
  expect(formatAmount(null, 'EUR')).toBe('–');
  expect(formatAmount(3, null)).toBe('–');
  expect(formatPrice(0.12345, 'EUR')).toBe('€0.12345');
  expect(formatPrice(null, 'EUR')).toBe('–');
});

it('formats hours, and less than one as a duration', () => {
  expect(formatHours(12.345)).toBe('12.35 h');
  expect(formatHours(0.07)).toBe('4 min 12 s');
  expect(formatHours(0)).toBe('0 h');
});

describe('growth', () => {
  it.each([
    [{ amount: 15 }, sum, '+25 %'],
    [{ amount: 6 }, sum, '−50 %'],
    [{ amount: 12.01 }, sum, '±0 %'],
    [{ amount: 144 }, sum, '12 times'],
    [{ amount: null, held_hours: 20 }, sum, '+100 %'],
    [{ held_hours: 15 }, { ...sum, amount: null }, '+50 %'],
    [{}, { ...sum, held_hours: 0, amount: null }, 'new'],
    [{ held_hours: 0 }, { ...sum, held_hours: 0 }, null],
    [{}, null, null],
  ] as const)('of %j since %j is %s', (change, before, expected) => {
    const earlier = before === sum ? { ...sum, amount: 12 } : before;
    expect(describeGrowth({ ...sum, ...change }, earlier)).toBe(expected);
  });
});

it('tells held from used, and what is not known', () => {
  expect(describeUse(20, 5, 0.25, sum)).toBe('20 held, 5 used (25 %)');
  expect(describeUse(20, 5, null, sum)).toBe('20 held, 5 used');
  expect(describeUse(20, 0, null, { ...sum, unmeasured_count: 4 })).toBe('20 held, use unknown');
  expect(describeUse(0, 5, null, { ...sum, unlimited_count: 4 })).toBe('no limit, 5 used');
  const none = { ...sum, attempt_count: 0 };
  expect(describeUse(0, 0, null, none)).toBe('0 held');
});

it('lists what the figures leave out', () => {
  expect(listGaps({ total: sum, currency: 'EUR' })).toEqual([]);
  const total = { ...sum, unmeasured_count: 1, unlimited_count: 2, unpriced_hours: 1.5 };
  expect(listGaps({ total, currency: 'EUR' })).toEqual([
    '1 attempt of 4 has no measurements: what it used is unknown and not counted as used.',
    '2 attempts ran without a limit of cores or memory: only their hours are counted as held.',
    'No rate for 1.5 h: not in the cost.',
  ]);
  expect(listGaps({ total, currency: null })).toHaveLength(2);
});

it('suggests a size with its reason', () => {
  const use = {
    size: 'large',
    peak_memory_bytes: 0.6 * 1024 ** 3,
    peak_cores: 1.234,
    memory_limit_bytes: 16 * 1024 ** 3,
    suggested_size: 'small',
  };
  expect(describeSizeHint({ ...row, use })).toBe(
    'Asks for large (16 GiB), peak 614 MiB and 1.23 cores: try small',
  );
  expect(describeSizeHint({ ...row, use: { ...use, suggested_size: null } })).toBeNull();
  expect(describeSizeHint(row)).toBeNull();
});

it('names rows without a tag or a user', () => {
  expect(nameRow({ ...row, name: 'jobs.a' })).toBe('jobs.a');
  expect(nameRow({ ...row, trigger_kind: 'schedule' })).toBe('Schedule');
  expect(nameRow({ ...row, trigger_kind: 'of-tomorrow' })).toBe('of-tomorrow');
  expect(nameRow(row)).toBe('No tag');
});
