import type { RouteQueryInput } from '@pumphouse/contract';

/** Time window of the overview. */
export type SeriesWindow = '24h' | '7d' | '30d';

export const seriesWindows: readonly { value: SeriesWindow; label: string; text: string }[] = [
  { value: '24h', label: '24 h', text: 'last 24 hours' },
  { value: '7d', label: '7 d', text: 'last 7 days' },
  { value: '30d', label: '30 d', text: 'last 30 days' },
];

const hourMs = 3_600_000;

/**
 * The query for a window: a day and a week by hour, a month by day in the shown time zone. It stays the
 * same within an hour, so that the response is cacheable.
 */
export function toSeriesQuery(
  window: SeriesWindow,
  { nowMs, timezone }: { nowMs: number; timezone: string },
): NonNullable<RouteQueryInput<'list_run_series'>> {
  if (window === '24h') return { bucket: 'hour', timezone };
  if (window === '30d') return { bucket: 'day', timezone };
  const start = new Date(Math.floor(nowMs / hourMs) * hourMs - 7 * 24 * hourMs);
  return { bucket: 'hour', timezone, start: start.toISOString() };
}
