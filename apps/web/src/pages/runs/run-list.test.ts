import { activeRunStates } from '@pumphouse/contract';
import { describe, expect, it } from 'vitest';
import { isFiltered, toRunQuery } from './run-list.ts';

describe('what the server is asked for', () => {
  it('is all runs, of an address that says nothing', () => {
    expect(toRunQuery({})).toEqual({ limit: 100 });
    expect(isFiltered({ q: undefined })).toBe(false);
  });

  it('is what the filters of the address say', () => {
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

  it('asks for active runs by what the index is made for', () => {
    expect(toRunQuery({ status: [...activeRunStates] })).toEqual({ limit: 100, is_active: true });
  });

  it('leaves out what the server would refuse', () => {
    expect(toRunQuery({ status: ['broken'], trigger_kind: ['moon'], job_id: 'shop' })).toEqual({
      limit: 100,
    });
  });
});
