import { activeRunStates } from '@pumphouse/contract';
import { describe, expect, it } from 'vitest';
import { findStateTab, isFiltered, toRunQuery } from './run-list.ts';

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
