import { expect, it } from 'vitest';
import { describeHealth, listHealth } from './workspace-health.ts';

const well = { failing_job_count: 0, late_job_count: 0, running_count: 0, pending_count: 0, has_runs: true };

it.each([
  [{ ...well, failing_job_count: 1, running_count: 4 }, '1 job failing', 'failed'],
  [{ ...well, failing_job_count: 12 }, '12 jobs failing', 'failed'],
  [{ ...well, late_job_count: 2, running_count: 1 }, '2 jobs late', 'pending'],
  [{ ...well, running_count: 1, pending_count: 2 }, '1 run active', 'running'],
  [{ ...well, pending_count: 2 }, '2 runs waiting', 'pending'],
  [well, 'Healthy', 'completed'],
  [{ ...well, has_runs: false }, 'No runs yet', 'cancelled'],
])('reports the most severe state of a workspace: %j', (health, word, colour) => {
  expect(describeHealth(health)).toMatchObject({ word, colour });
});

it('lists everything that a workspace counts', () => {
  const busy = { ...well, failing_job_count: 1, late_job_count: 1, running_count: 2, pending_count: 3 };
  const words = ['1 job failing', '1 job late', '2 runs active', '3 runs waiting'];
  expect(listHealth(busy).map(({ word }) => word)).toEqual(words);
  expect(listHealth(well)).toEqual([]);
});
