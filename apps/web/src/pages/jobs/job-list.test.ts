import { describe, expect, it } from 'vitest';
import { isFiltered, toJobQuery } from './job-list.ts';

describe('the query of the job list', () => {
  it('lists active jobs by name', () => {
    expect(toJobQuery({})).toEqual({
      limit: 50,
      is_archived: false,
      sort: ['starred', 'name'],
      order: ['desc', 'asc'],
    });
  });

  it('applies all filters and drops values that the server would reject', () => {
    const query = toJobQuery({
      q: 'shop',
      status: ['failed', 'burning', 'running'],
      trigger_kind: ['schedule', 'moon'],
      tags: ['dlt'],
      show: 'paused',
      sort: '-next_start_at',
    });
    expect(query).toEqual({
      limit: 50,
      q: 'shop',
      status: ['failed', 'starting', 'running', 'cancelling'],
      trigger_kind: ['schedule'],
      tags: ['dlt'],
      is_archived: false,
      is_paused: true,
      sort: ['next_start_at'],
      order: ['desc'],
    });
  });

  it('distinguishes filtered lists from unfiltered ones', () => {
    expect(isFiltered({ sort: '-last_run_at' })).toBe(false);
    expect(isFiltered({ show: 'archived' })).toBe(true);
  });
});
