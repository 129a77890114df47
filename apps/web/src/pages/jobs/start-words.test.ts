import { ApiError } from '@pumphouse/client';
import { describe, expect, it } from 'vitest';
import { describeRefresh, explainStartProblem } from './start-words.ts';

describe('why nothing was started', () => {
  it('gives the reasons of the server in one sentence after the other', () => {
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

  it('falls back to what any error says', () => {
    const error = new ApiError({ status: 403, code: 'forbidden', detail: 'Takes the role developer.' });
    expect(explainStartProblem(error)).toBe('Takes the role developer.');
    expect(explainStartProblem(new Error('lost'))).toBe('lost');
  });
});

describe('what a refresh covers', () => {
  const receipt = { succeeded: [], skipped: [], failed: [] };
  const job = { job_id: '0', job_ref: 'jobs.a', matched_triggers: [], trigger: 'manual:jobs.a' };

  it('is the interval of the dry run', () => {
    const reasons = ['refreshes 2026-01-01T00:00:00.000Z to 2026-03-01T00:00:00.000Z'];
    const text = describeRefresh({ ...receipt, succeeded: [{ ...job, status: 'triggered', reasons }] });
    expect(text).toMatch(/^Loads .*2026.* – .*2026.* again\.$/);
  });

  it('is nothing, with the reasons, where it cannot start', () => {
    const reasons = ['the declared interval starts at 2027-01-01T00:00:00.000Z', 'nothing to load'];
    const skipped = [{ ...job, status: 'skipped_out_of_interval', reasons }];
    expect(describeRefresh({ ...receipt, skipped })).toBe(
      'A refresh cannot start now: the declared interval starts at 2027-01-01T00:00:00.000Z. nothing to load.',
    );
  });

  it('is told of a job without a clock as well', () => {
    const reasons = ['refreshes no interval: the run is at a point in time'];
    const succeeded = [{ ...job, status: 'triggered', reasons }];
    expect(describeRefresh({ ...receipt, succeeded })).toBe(
      'Refreshes no interval: the run is at a point in time.',
    );
  });
});
