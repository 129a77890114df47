import type { StateLook } from '../look/run-states.ts';
import {
  formatBytes,
  formatCompactCount,
  formatCount,
  formatDuration,
  formatNoun,
  formatPercent,
} from '../look/format.ts';

/** What a number of a chart counts. It decides how the number is written, and series of one unit share an axis. */
export type TrendUnit = 'count' | 'bytes' | 'seconds' | 'ratio';

/** Names of colours that charts may use; each is a variable of look.css. */
export const trendColours = {
  accent: '--accent',
  quiet: '--edge',
  completed: '--state-completed',
  failed: '--state-failed',
  running: '--state-running',
  pending: '--state-pending',
  cancelled: '--state-cancelled',
  skipped: '--state-skipped',
} as const;
export type TrendColour = keyof typeof trendColours;

/** A place on the horizontal axis: a day, or a run. */
export interface TrendPoint {
  /** Below the axis: "12 Nov", "#128". Short, and different from its neighbours. */
  label: string;
  /** On hover and in the table: "Thu 12 Nov 2026", "#128 failed 12 Nov 06:15". */
  title: string;
  /** The state of a run: its bar takes this colour, and its glyph stands above it unless the run completed. */
  state?: StateLook;
}

export interface TrendSeries {
  name: string;
  unit: TrendUnit;
  colour: TrendColour;
  kind: 'bar' | 'line';
  /** Bars with the same name here stand on each other. */
  stack?: string;
  /** One for each point; null where there is nothing to say, which is not 0. */
  values: readonly (number | null)[];
}

/** What a chart shows. All series together have two units at most: the first one's axis is left, the other's right. */
export interface Trend {
  points: readonly TrendPoint[];
  series: readonly TrendSeries[];
}

const formats: Record<TrendUnit, (value: number) => string> = {
  count: formatCount,
  bytes: formatBytes,
  seconds: formatDuration,
  ratio: formatPercent,
};

/** The number in full, for the table and on hover. */
export function formatValue(unit: TrendUnit, value: number | null | undefined): string {
  return value == null ? '–' : formats[unit](value);
}

/** The number as short as an axis needs it. */
export function formatTick(unit: TrendUnit, value: number): string {
  return unit === 'count' ? formatCompactCount(value) : formats[unit](value);
}

export function unitsOf(series: readonly TrendSeries[]): TrendUnit[] {
  return [...new Set(series.map(({ unit }) => unit))];
}

/** The chart in words, for who cannot see it: how far it goes, and of each series the range and the last value. */
export function describeTrend(title: string, { points, series }: Trend): string {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return `${title}: nothing to show`;
  const extent =
    points.length === 1
      ? first.title
      : `${formatNoun(points.length, 'point')}, ${first.title} to ${last.title}`;
  return [`${title}: ${extent}`, ...series.map(describeSeries)].join('. ');
}

function describeSeries({ name, unit, values }: TrendSeries): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return `${name}: no values`;
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const range =
    least === most
      ? `always ${formatValue(unit, most)}`
      : `${formatValue(unit, least)} to ${formatValue(unit, most)}`;
  return `${name}: ${range}, last ${formatValue(unit, values.at(-1))}`;
}

const secondsSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200];
const daySeconds = 86_400;

/** Seconds between the ticks of an axis up to `most` seconds: people count in 60s and 24s, not in tens. Undefined below 3 s. */
export function secondsInterval(most: number): number | undefined {
  const wanted = most / 3;
  if (wanted < 1) return undefined;
  return secondsSteps.find((step) => step >= wanted) ?? Math.ceil(wanted / daySeconds) * daySeconds;
}

/** The largest value that the axis of a unit has to reach, with stacked bars counted together. */
export function largestValue({ points, series }: Trend, unit: TrendUnit): number {
  const ofUnit = series.filter((each) => each.unit === unit);
  const heights = points.map((_, index) => {
    const stacks = new Map<string, number>();
    for (const { stack, name, values } of ofUnit) {
      const key = stack === undefined ? `series ${name}` : `stack ${stack}`;
      stacks.set(key, (stacks.get(key) ?? 0) + (values[index] ?? 0));
    }
    return Math.max(0, ...stacks.values());
  });
  return Math.max(0, ...heights);
}
