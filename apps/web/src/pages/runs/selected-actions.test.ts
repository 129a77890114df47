import { describe, expect, it } from 'vitest';
import {
  describeCancellable,
  describeCancelling,
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
  // Runs that have not started have no process to end, and have loaded nothing.
  expect(describeCancelling([run(1, 'pending')])).toBe(
    'The run has not started. It is removed from the queue.',
  );
  expect(describeCancelling([run(1, 'pending'), run(2, 'pending')])).toBe(
    'The runs have not started. They are removed from the queue.',
  );
  expect(describeCancelling([run(1, 'running')])).toBe(
    'The run is asked to stop, and is killed after its grace period. Data that it has already loaded is kept.',
  );
  expect(describeCancelling([run(1, 'running'), run(2, 'pending')])).toBe(
    'Runs that have not started are removed from the queue. The others are asked to stop, and are killed after their grace periods. Data that they have already loaded is kept.',
  );
});

it('each job of ended runs is started once', () => {
  const runs = [run(1, 'failed'), run(5, 'running'), run(3), run(2, 'failed', 'b')];
  expect(listEndedJobs(runs).map(({ id }) => id)).toEqual(['a3', 'b2']);
});
