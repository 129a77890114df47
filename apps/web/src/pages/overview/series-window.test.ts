import { expect, it } from 'vitest';
import { toSeriesQuery } from './series-window.ts';

const scope = { nowMs: Date.parse('2026-11-26T10:59:59Z'), timezone: 'Europe/Berlin' };

it('queries a week by hour and stays the same within an hour', () => {
  expect(toSeriesQuery('7d', scope)).toEqual({
    bucket: 'hour',
    timezone: 'Europe/Berlin',
    start: '2026-11-19T10:00:00.000Z',
  });
  expect(toSeriesQuery('7d', { ...scope, nowMs: scope.nowMs - 3_000_000 }).start).toBe(
    '2026-11-19T10:00:00.000Z',
  );
});

it('leaves the start of a day and a month to the server', () => {
  expect(toSeriesQuery('24h', scope)).toEqual({ bucket: 'hour', timezone: 'Europe/Berlin' });
  expect(toSeriesQuery('30d', scope)).toEqual({ bucket: 'day', timezone: 'Europe/Berlin' });
});
