import { expect, it } from 'vitest';
import { describeHealth } from './workspace-health.ts';

const well = { failing_job_count: 0, running_count: 0, pending_count: 0, has_runs: true };

it.each([
  [{ ...well, failing_job_count: 1, running_count: 4 }, '1 job failing', 'failed'],
  [{ ...well, failing_job_count: 12 }, '12 jobs failing', 'failed'],
  [{ ...well, running_count: 1, pending_count: 2 }, '1 run active', 'running'],
  [{ ...well, pending_count: 2 }, '2 runs waiting', 'pending'],
  [well, 'Healthy', 'completed'],
  [{ ...well, has_runs: false }, 'No runs yet', 'cancelled'],
])('reports the most severe state of a workspace: %j', (health, word, colour) => {
  expect(describeHealth(health)).toMatchObject({ word, colour });
});
