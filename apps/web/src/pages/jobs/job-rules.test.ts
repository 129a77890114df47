import { describe, expect, it } from 'vitest';
import { findTimedTrigger, manualTrigger, whyNotPause, whyNotStart } from './job-rules.ts';

const job = {
  job_type: 'batch',
  profile: 'prod',
  triggers: ['job.success:jobs.shop', 'every:5m', 'manual:jobs.revenue'],
  is_paused: false,
  is_archived: false,
};

describe('the rules for job actions', () => {
  it('allow manual starts of jobs that are not archived', () => {
    expect(whyNotStart(job)).toBeNull();
    expect(whyNotStart({ ...job, is_archived: true })).toContain('archived');
  });

  it('allow pausing only jobs with a time trigger', () => {
    expect(whyNotPause(job)).toBeNull();
    expect(whyNotPause({ ...job, triggers: ['once:2026-01-01T00:00:00Z'] })).toBeNull();
    expect(whyNotPause({ ...job, triggers: ['manual:jobs.revenue'] })).toContain('no schedule');
    expect(whyNotPause({ ...job, is_archived: true })).toContain('archived');
  });

  it('use the manual trigger, or the first trigger if manual starts are disabled', () => {
    expect(manualTrigger(job)).toBe('manual:jobs.revenue');
    expect(manualTrigger({ triggers: ['every:5m'] })).toBe('every:5m');
    expect(findTimedTrigger(job)).toBe('every:5m');
  });
});
