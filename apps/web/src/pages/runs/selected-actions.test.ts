import { describe, expect, it } from 'vitest';
import {
  describeCancellable,
  listCancellable,
  listEndedJobs,
  toComparison,
  whyNotCompare,
} from './selected-actions.ts';

const run = (number: number, status = 'completed', jobId = 'a') => ({
  id: `${jobId}${number}`,
  number,
  job_id: jobId,
  job_name: jobId,
  status,
  created_at: '',
});

describe('a comparison', () => {
  it('is of two runs of a job, with the earlier one as its base', () => {
    expect(toComparison([run(7), run(3)])).toEqual({ run: run(7), base: run(3) });
  });

  it.each([[[run(1)]], [[run(1), run(2), run(3)]], [[run(1), run(2, 'failed', 'b')]]])(
    'is not of %j',
    (runs) => {
      expect(whyNotCompare(runs)).not.toBeNull();
      expect(toComparison(runs)).toBeNull();
    },
  );
});

it('runs that have not ended can be cancelled once', () => {
  const runs = ['pending', 'starting', 'running', 'cancelling', 'failed'].map((status, n) => run(n, status));
  const cancellable = listCancellable(runs);
  expect(cancellable.map(({ status }) => status)).toEqual(['pending', 'starting', 'running']);
  expect(describeCancellable(cancellable)).toBe('1 pending and 2 that have started');
  expect(describeCancellable([run(1, 'running')])).toBe('1 that has started');
});

it('each job of ended runs is started once', () => {
  const runs = [run(1, 'failed'), run(5, 'running'), run(3), run(2, 'failed', 'b')];
  expect(listEndedJobs(runs).map(({ id }) => id)).toEqual(['a3', 'b2']);
});
