import { describe, expect, it } from 'vitest';
import { describeNextStart, indexNextStarts } from './next-start.ts';

const job = {
  triggers: ['tag:dlt', 'manual:jobs.shop', 'schedule:5 4 * * *'],
  next_start: { at: '2026-11-27T04:05:00Z', trigger: 'schedule:5 4 * * *' },
  is_paused: false,
  is_archived: false,
};
const start = {
  at: '2026-11-27T04:05:00Z',
  source: 'tick',
  job: { id: 'one', ref: 'jobs.shop', name: 'shop' },
  trigger: 'schedule:5 4 * * *',
  trigger_kind: 'schedule',
  trigger_text: 'at 04:05',
  time_zone: 'UTC',
  job_run_id: null,
  job_run_number: null,
  blocked: null,
  last_failed: false,
};

describe('the next start of a job', () => {
  it('uses the trigger text of the server if available', () => {
    expect(describeNextStart(job, start)).toEqual({
      at: '2026-11-27T04:05:00Z',
      trigger: 'at 04:05',
      zone: 'UTC',
      blocked: null,
    });
    expect(describeNextStart(job, undefined).trigger).toBe('schedule 5 4 * * *');
  });

  it('contains the blocking reason', () => {
    const blocked = { code: 'upstream_stale', detail: 'Waits for jobs.orders.', may_pass: true, by: null };
    expect(describeNextStart(job, { ...start, blocked }).blocked).toBe('Waits for jobs.orders.');
  });

  it('has no time while it is paused or archived', () => {
    expect(describeNextStart({ ...job, is_paused: true, next_start: null }, undefined)).toEqual({
      at: null,
      trigger: 'paused (would run schedule 5 4 * * *)',
      zone: null,
      blocked: null,
    });
    expect(describeNextStart({ ...job, is_archived: true }, start).trigger).toBe('archived');
  });

  it('names the trigger of a job without a time trigger', () => {
    const triggers = ['tag:dlt', 'manual:jobs.revenue', 'job.success:jobs.shop'];
    expect(describeNextStart({ ...job, triggers, next_start: null }, undefined)).toMatchObject({
      at: null,
      trigger: 'after shop succeeds',
    });
  });

  it('is the soonest tick of each job, not an existing run', () => {
    const later = { ...start, at: '2026-11-28T04:05:00Z' };
    const index = indexNextStarts([{ ...start, source: 'queue', at: null }, start, later]);
    expect(index.get('one')).toBe(start);
  });
});
