import type { TrendUnit } from './trend.ts';

const secondsSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200];
const daySeconds = 86_400;
/** A chart is low: more lines would hide its bars. */
const intervals = 3;

/** Chooses the ticks of an axis from 0: round numbers of the unit, the last one at or above `most`. */
export function fitAxis(unit: TrendUnit, most: number): { max: number; interval: number } {
  if (unit === 'ratio') return { max: 1, interval: 0.5 };
  if (most <= 0) return { max: 1, interval: 1 };
  const wanted = most / intervals;
  const interval = unit === 'seconds' && wanted >= 1 ? roundTime(wanted) : roundNumber(unit, wanted);
  // Rounded, since 3 * 0.1 is not 0.3.
  const steps = Math.ceil(Number((most / interval).toFixed(9)));
  return { max: Number((interval * steps).toPrecision(12)), interval };
}

function roundTime(seconds: number): number {
  return secondsSteps.find((step) => step >= seconds) ?? Math.ceil(seconds / daySeconds) * daySeconds;
}

function roundNumber(unit: TrendUnit, wanted: number): number {
  const power = 10 ** Math.floor(Math.log10(wanted));
  const rounded = ([1, 2, 5, 10].find((step) => step * power >= wanted) ?? 10) * power;
  return unit === 'count' || unit === 'bytes' ? Math.max(1, rounded) : Number(rounded.toPrecision(12));
}
