import { expect, it } from 'vitest';
import { requireOwnJob, setSchedule } from './put-job.ts';

it('replaces the schedule and keeps other triggers', () => {
  const before = {
    job_ref: 'jobs.a',
    triggers: ['every:1h', 'schedule:0 1 * * *'],
    default_trigger: 'schedule:0 1 * * *',
  };
  expect(setSchedule(before, '0 6 * * *')).toEqual({
    job_ref: 'jobs.a',
    triggers: ['schedule:0 6 * * *', 'every:1h'],
  });
  expect(setSchedule(before, null)).toEqual({ job_ref: 'jobs.a', triggers: ['every:1h'] });
});

it('keeps a default trigger that is no schedule', () => {
  const before = { triggers: ['http:'], default_trigger: 'http:' };
  expect(setSchedule(before, '0 6 * * *')).toEqual({
    triggers: ['schedule:0 6 * * *', 'http:'],
    default_trigger: 'http:',
  });
});

it('leaves jobs of the code to the code', () => {
  const job = { job_ref: 'jobs.shop.load', deployment_module: '__deployment__' };
  expect(() => requireOwnJob(job, '@job()')).toThrow(
    expect.objectContaining({ code: 'job_from_code', nextStep: expect.stringContaining('@job()') as string }),
  );
  expect(() => requireOwnJob({ ...job, deployment_module: null }, '')).not.toThrow();
});
