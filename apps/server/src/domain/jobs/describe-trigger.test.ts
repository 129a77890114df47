import { describe, expect, it } from 'vitest';
import { describeFreshness, describeTrigger } from './describe-trigger.ts';

describe('the description of a trigger', () => {
  it.each([
    ['schedule:*/10 * * * *', 'every 10 minutes'],
    ['schedule:15 6 * * 1-5', 'at 06:15, Monday through Friday'],
    ['schedule:15 6 * * mon-fri', 'at 06:15, Monday through Friday'],
    ['schedule:0 8,20 * * *', 'at 08:00 and 20:00'],
    ['schedule:@daily', 'at 00:00'],
    ['schedule:@hourly', 'every hour'],
    ['schedule:0 0 L * *', 'at 00:00, on the last day of the month'],
    ['schedule:0 0 * * 5#2', 'at 00:00, on the second Friday of the month'],
    ['schedule:0 0 * * L5', 'at 00:00, on the last Friday of the month'],
    ['schedule:0 22-2 * * *', 'every hour, between 22:00 and 02:00'],
    // dlt puts seconds and years at the end.
    ['schedule:5 4 * * * 30', 'at 04:05:30'],
    ['schedule:5 4 * * * 0', 'at 04:05'],
    ['schedule:0 0 1 1 * 0 2030', 'at 00:00, on day 1 of the month, only in January, only in 2030'],
    ['schedule:R 3 * * *', 'R 3 * * *'],
    ['every:10m', 'every 10 minutes'],
    ['every:1h', 'every hour'],
    ['every:1d', 'every day'],
    ['every:90m', 'every 1 hour 30 minutes'],
    ['once:2026-03-10T10:00:00Z', 'once, at 2026-03-10T10:00:00Z'],
    ['job.success:jobs.shop.orders', 'after shop.orders succeeds'],
    ['job.fail:jobs.shop.orders', 'after shop.orders fails'],
    ['deployment:', 'on deployment'],
    ['webhook:', 'on a webhook delivery'],
    ['webhook:orders', 'on a delivery to webhook orders'],
    ['http:8080', 'on a request to the app'],
    ['tag:nightly', 'by tag nightly'],
    ['manual:jobs.shop.orders', 'manual'],
    ['pipeline_name:shop', 'by pipeline shop'],
    ['later:than this version', 'later:than this version'],
  ])('%s is %s', (trigger, parts) => {
    expect(describeTrigger(trigger)).toBe(parts);
  });

  it('describes what a job waits for', () => {
    expect(describeFreshness('job.is_fresh:jobs.shop.orders')).toBe('when shop.orders is fresh');
  });
});
