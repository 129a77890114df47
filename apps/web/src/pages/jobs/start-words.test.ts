import { ApiError } from '@pumphouse/client';
import { describe, expect, it } from 'vitest';
import { explainStartProblem } from './start-words.ts';

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
