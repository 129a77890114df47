import type { JobRunResourcesResponse } from '@pumphouse/contract';
import { expect, it } from 'vitest';
import { describeLimits } from './describe-limits.ts';

const gibibyte = 1024 ** 3;
const resources = (
  change: Partial<JobRunResourcesResponse> = {},
  peak = 4.1 * gibibyte,
): JobRunResourcesResponse => ({
  instance_size: 'small',
  limits: { memory_bytes: 4 * gibibyte, cores: 2, disk_bytes: 10 * gibibyte },
  larger_instance_size: 'medium',
  attempts: [
    {
      number: 1,
      started_at: null,
      seconds_per_point: 1,
      memory_bytes: [],
      cores: [],
      disk_bytes: [],
      peak_memory_bytes: peak,
      peak_disk_bytes: 0,
      measured_by: 'group',
    },
  ],
  ...change,
});
const describe = (code: string, change = resources()) =>
  describeLimits({ code, resources: change, changes: undefined });

it('shows the memory beside the limit, with the next size', () => {
  expect(describe('out_of_memory')).toBe('Used 4.1 GiB of 4 GiB of memory (small). Try medium.');
  // The last sample was before the limit was reached.
  const before = resources({ larger_instance_size: null }, gibibyte);
  expect(describe('out_of_memory', before)).toBe(
    'Used 4 GiB of 4 GiB of memory (small). No instance size has more.',
  );
  expect(describe('out_of_memory', resources({ attempts: [] }))).toContain('Used 4 GiB of 4 GiB');
  expect(describe('disk_limit')).toContain('Used 10 GiB of 10 GiB of disk');
});

it('shows the timeout beside the usual duration', () => {
  const at = (timeout: number | null, usual: number | null) =>
    describeLimits({
      code: 'timed_out',
      resources: undefined,
      changes: { timeout_seconds: timeout, usual_duration_seconds: usual },
    });
  expect(at(600, 120)).toBe('Timeout: 10 min. Completed runs usually take 2 min.');
  expect(at(600, null)).toBe('Timeout: 10 min. No earlier run completed.');
  expect(at(null, 120)).toBeNull();
});

it('shows nothing for other failures, without a limit, and while it loads', () => {
  expect(describe('exit_code')).toBeNull();
  const unlimited = resources({ limits: { memory_bytes: null, cores: null, disk_bytes: null } });
  expect(describe('out_of_memory', unlimited)).toBeNull();
  const loading = { resources: undefined, changes: undefined };
  for (const code of ['out_of_memory', 'timed_out']) expect(describeLimits({ code, ...loading })).toBeNull();
});
