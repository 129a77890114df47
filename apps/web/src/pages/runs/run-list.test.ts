import { activeRunStates } from '@pumphouse/contract';
import { describe, expect, it } from 'vitest';
import {
  countTab,
  findStateTab,
  isFiltered,
  listCountedStates,
  toCountsQuery,
  toRunQuery as toRunQueryAt,
} from './run-list.ts';

const nowMs = Date.parse('2026-11-30T10:20:00Z');
const toRunQuery = (search: Parameters<typeof toRunQueryAt>[0]) => toRunQueryAt(search, nowMs);

describe('the query of the run list', () => {
  it('has no filters by default', () => {
    expect(toRunQuery({})).toEqual({ limit: 100 });
    expect(isFiltered({ q: undefined })).toBe(false);
  });

  it('applies the filters of the URL', () => {
    const job_id = '11111111-1111-4111-8111-111111111111';
    const search = {
      q: 'shop',
      job_id,
      trigger_kind: ['manual'],
      profile: ['prod'],
      pipeline_name: ['shop'],
    };
    expect(toRunQuery({ ...search, status: ['failed'] })).toEqual({
      limit: 100,
      ...search,
      status: ['failed'],
    });
    expect(isFiltered(search)).toBe(true);
  });

  it('queries active runs with the indexed filter', () => {
    expect(toRunQuery({ status: [...activeRunStates] })).toEqual({ limit: 100, is_active: true });
  });

  it('drops values that the server would reject', () => {
    expect(toRunQuery({ status: ['broken'], trigger_kind: ['moon'], job_id: 'shop' })).toEqual({
      limit: 100,
    });
  });
});

describe('the range and the order of the run list', () => {
  it('are in its query', () => {
    expect(toRunQuery({ range: '24h', sort: '-duration_seconds' })).toEqual({
      limit: 100,
      start: '2026-11-29T10:15:00.000Z',
      sort: ['duration_seconds'],
      order: ['desc'],
    });
  });

  it('times replace the range, and an unknown order is dropped', () => {
    expect(toRunQuery({ range: '24h', from: '2026-01-01T00:00:00Z', sort: 'moon' })).toEqual({
      limit: 100,
      start: '2026-01-01T00:00:00.000Z',
    });
    expect(isFiltered({ sort: '-duration_seconds' })).toBe(false);
  });

  it('are the same for the counts, which have no states', () => {
    const search = { range: '7d' as const, q: 'shop', status: ['failed'], sort: 'started_at' };
    const { limit: _, status: _status, sort: _sort, order: _order, ...filters } = toRunQuery(search);
    expect(toCountsQuery(search, nowMs, 'Europe/Berlin')).toEqual({ ...filters, timezone: 'Europe/Berlin' });
  });
});

describe('the counts of the run list', () => {
  const total = { pending: 1, running: 2, completed: 4, failed: 8, cancelled: 16, skipped: 32 };

  it('are added up for a tab', () => {
    expect(countTab(total, 'All')).toBe(63);
    expect(countTab(total, 'Active')).toBe(3);
    expect(countTab(total, 'Running')).toBe(2);
    expect(countTab(total, 'Failed')).toBe(8);
  });

  it('are drawn for the chosen states', () => {
    expect(listCountedStates({})).toHaveLength(6);
    expect(listCountedStates({ status: ['starting', 'failed'] })).toEqual(['failed', 'running']);
  });
});

describe('the tab of the run list', () => {
  it.each<[status: string[] | undefined, word: string | undefined]>([
    [undefined, 'All'],
    [['broken'], 'All'],
    [['failed'], 'Failed'],
    [[...activeRunStates].toReversed(), 'Active'],
    [['failed', 'cancelled'], undefined],
  ])('of the states %j is %s', (status, word) => {
    expect(findStateTab({ status })).toBe(word);
  });
});
