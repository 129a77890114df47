import { ApiError } from '@pumphouse/client';
import { describe, expect, it } from 'vitest';
import { describeRefresh, explainStartProblem } from './start-texts.ts';

describe('explainStartProblem', () => {
  it('lists the reasons of the server as sentences', () => {
    const extra = {
      status: 'skipped_concurrency_limit',
      reasons: ['1 of 1 allowed runs of this job are active', 'Wait.'],
    };
    const error = new ApiError({
      status: 409,
      code: 'start_declined',
      detail: 'Not started: skipped',
      extra,
    });
    expect(explainStartProblem(error)).toBe('Not started: 1 of 1 allowed runs of this job are active. Wait.');
  });

  it('falls back to the error message', () => {
    const error = new ApiError({ status: 403, code: 'forbidden', detail: 'Requires the role developer.' });
    expect(explainStartProblem(error)).toBe('Requires the role developer.');
    expect(explainStartProblem(new Error('lost'))).toBe('lost');
  });
});

describe('describeRefresh', () => {
  const receipt = { succeeded: [], skipped: [], failed: [] };
  const job = { job_id: '0', job_ref: 'jobs.a', matched_triggers: [], trigger: 'manual:jobs.a' };

  it('returns the interval of the dry run', () => {
    const reasons = ['refreshes 2026-01-01T00:00:00.000Z to 2026-03-01T00:00:00.000Z'];
    const text = describeRefresh({ ...receipt, succeeded: [{ ...job, status: 'triggered', reasons }] });
    expect(text).toMatch(/^Reloads .*2026.* – .*2026.*\.$/);
  });

  it('returns the reasons if a refresh cannot start', () => {
    const reasons = ['the declared interval starts at 2027-01-01T00:00:00.000Z', 'nothing to load'];
    const skipped = [{ ...job, status: 'skipped_out_of_interval', reasons }];
    expect(describeRefresh({ ...receipt, skipped })).toBe(
      'A refresh cannot start now: the declared interval starts at 2027-01-01T00:00:00.000Z. nothing to load.',
    );
  });

  it('covers jobs without a time trigger', () => {
    const reasons = ['refreshes no interval: the run is at a point in time'];
    const succeeded = [{ ...job, status: 'triggered', reasons }];
    expect(describeRefresh({ ...receipt, succeeded })).toBe(
      'Refreshes no interval: the run is at a point in time.',
    );
  });
});
