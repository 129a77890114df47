import type { CostResponse } from '@pumphouse/contract';
import type { Trend } from '../../charts/trend.ts';
import { pointsOfDays } from '../workspaces/usage-trend.ts';

type Days = CostResponse['days'];

/** Cost by day; hours held without rates. */
export function costTrend(days: Days, isPriced: boolean, now: Date): Trend {
  const values = days.map((day) => (isPriced ? (day.amount ?? 0) : day.held_hours));
  return {
    points: pointsOfDays(days, now),
    series: [
      { name: isPriced ? 'Cost' : 'Hours held', unit: 'decimal', colour: 'accent', kind: 'bar', values },
    ],
  };
}

/** Core-hours held and used by day. */
export function coreTrend(days: Days, now: Date): Trend {
  return {
    points: pointsOfDays(days, now),
    series: [
      {
        name: 'Held',
        unit: 'decimal',
        colour: 'quiet',
        kind: 'bar',
        values: days.map((day) => day.core_hours_held),
      },
      {
        name: 'Used',
        unit: 'decimal',
        colour: 'accent',
        kind: 'bar',
        values: days.map((day) => day.core_hours_used),
      },
    ],
  };
}
