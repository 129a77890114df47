import { describe, expect, it } from 'vitest';
import { findTimedTrigger, manualTrigger, whyNotPause, whyNotStart } from './job-rules.ts';

const job = {
  job_type: 'batch',
  profile: 'prod',
  triggers: ['job.success:jobs.shop', 'every:5m', 'manual:jobs.revenue'],
  is_paused: false,
  is_archived: false,
};

describe('what can be done with a job', () => {
  it('starts by hand what is in service', () => {
    expect(whyNotStart(job)).toBeNull();
    expect(whyNotStart({ ...job, is_archived: true })).toContain('archived');
  });

  it('pauses only what has a clock', () => {
    expect(whyNotPause(job)).toBeNull();
    expect(whyNotPause({ ...job, triggers: ['once:2026-01-01T00:00:00Z'] })).toBeNull();
    expect(whyNotPause({ ...job, triggers: ['manual:jobs.revenue'] })).toContain('no schedule');
    expect(whyNotPause({ ...job, is_archived: true })).toContain('archived');
  });

  it('asks with the manual trigger, or with the first of a job that forbids it', () => {
    expect(manualTrigger(job)).toBe('manual:jobs.revenue');
    expect(manualTrigger({ triggers: ['every:5m'] })).toBe('every:5m');
    expect(findTimedTrigger(job)).toBe('every:5m');
  });
});
