import type { UsageResponse } from '@pumphouse/contract';
import type { Trend, TrendPoint } from '../../charts/trend.ts';

type Days = UsageResponse['days'];

const short = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeZone: 'UTC' });

/** UTC days, as usage counts them; formatting in the viewer's time zone would shift them. */
export function pointsOfDays(days: readonly { date: string }[], now: Date): TrendPoint[] {
  const today = now.toISOString().slice(0, 10);
  return days.map(({ date }) => {
    const at = new Date(`${date}T00:00:00Z`);
    return { label: short.format(at), title: full.format(at), isPartial: date === today };
  });
}

/** Run time by day. */
export function timeTrend(days: Days, now: Date): Trend {
  const values = days.map(({ run_seconds }) => run_seconds);
  return {
    points: pointsOfDays(days, now),
    series: [{ name: 'Run time', unit: 'seconds', colour: 'accent', kind: 'bar', values }],
  };
}

/** Runs by day and final state. */
export function runTrend(days: Days, now: Date): Trend {
  const bars = (name: string, colour: 'completed' | 'failed' | 'cancelled', values: number[]) =>
    ({ name, unit: 'count', colour, kind: 'bar', stack: 'runs', values }) as const;
  return {
    points: pointsOfDays(days, now),
    series: [
      bars(
        'Completed',
        'completed',
        days.map((day) => day.completed_run_count),
      ),
      bars(
        'Failed',
        'failed',
        days.map((day) => day.failed_run_count),
      ),
      bars(
        'Cancelled',
        'cancelled',
        days.map((day) => day.cancelled_run_count),
      ),
    ],
  };
}
