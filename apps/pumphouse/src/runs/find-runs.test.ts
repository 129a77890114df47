import { expect, it } from 'vitest';
import { groupRunNames } from './find-runs.ts';

it('gives each number the job before it', () => {
  expect(groupRunNames(['load', '12', '13', 'report', 'shop#4', 'broken', '1'])).toEqual([
    { name: 'load', number: '12' },
    { name: 'load', number: '13' },
    { name: 'report' },
    { name: 'shop#4' },
    { name: 'broken', number: '1' },
  ]);
});

it('refuses a number without a job', () => {
  expect(() => groupRunNames(['12'])).toThrow(expect.objectContaining({ code: 'invalid_run_number' }));
});
