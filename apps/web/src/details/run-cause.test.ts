import { describe, expect, it } from 'vitest';
import { describeCause, describeTriggerShortly } from './run-cause.ts';

const run = {
  trigger: 'manual:jobs.shop',
  trigger_kind: 'manual',
  triggered_by: null,
  caused_by: null,
  refresh: false,
};
const cause = { job_run_id: '', job_id: '', job_ref: 'jobs.orders', job_name: 'jobs.orders', number: 128 };

describe('the cause of a run', () => {
  it.each([
    [{ ...run, triggered_by: { id: '', email: 'owner@example.com' } }, 'Manual · owner@example.com'],
    [{ ...run, triggered_by: { id: '', email: null } }, 'Manual · former member'],
    [{ ...run, trigger: 'schedule:15 6 * * 1-5', trigger_kind: 'schedule' }, 'schedule 15 6 * * 1-5'],
    [
      { ...run, trigger: 'job.success:jobs.orders', trigger_kind: 'job.success', caused_by: cause },
      'after orders #128',
    ],
    [{ ...run, trigger_kind: 'job.fail', caused_by: cause }, 'after orders #128 failed'],
    [{ ...run, refresh: true }, 'manual, refresh'],
  ])('%o', (each, text) => {
    expect(describeCause(each)).toBe(text);
  });

  it.each([
    ['every:5m', 'every 5m'],
    ['job.success:jobs.shop.orders', 'after shop.orders succeeds'],
    ['job.fail:jobs.shop.orders', 'after shop.orders fails'],
    ['pipeline_name:shop', 'pipeline name shop'],
    ['deployment:', 'deployment'],
    ['webhook:', 'webhook'],
  ])('describes the trigger %s', (trigger, text) => {
    expect(describeTriggerShortly(trigger)).toBe(text);
  });
});
