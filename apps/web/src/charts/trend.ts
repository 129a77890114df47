import type { StateAppearance } from '../ui/run-states.ts';
import {
  formatBytes,
  formatCompactCount,
  formatCount,
  formatDecimal,
  formatDuration,
  formatNoun,
  formatPercent,
} from '../ui/format.ts';

/** Unit of a series. It determines the number format; series with the same unit share an axis. */
export type TrendUnit = 'count' | 'bytes' | 'seconds' | 'ratio' | 'decimal';

/** Chart colours by name; each is a variable in tokens.css. */
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

/** A point on the horizontal axis: a day or a run. */
export interface TrendPoint {
  /** Axis label: "12 Nov", "#128". Short and distinct from its neighbours. */
  label: string;
  /** Text in the tooltip and the table: "Thu 12 Nov 2026", "#128 failed 12 Nov 06:15". */
  title: string;
  /** State of a run: colours the bar and adds its glyph above, unless the run completed. */
  state?: StateAppearance;
  /** It is not over yet, such as today, so that its low value means nothing. */
  isPartial?: boolean;
  /** What changed before it: "Deployment 4". Drawn as a line. */
  mark?: string | null;
}

export interface TrendSeries {
  name: string;
  unit: TrendUnit;
  colour: TrendColour;
  kind: 'bar' | 'line';
  /** Bars with the same stack name are stacked. */
  stack?: string;
  /** One value per point; null for no value, which differs from 0. */
  values: readonly (number | null)[];
}

/**
 * Data of a chart. The series may have at most two units: the first has the left axis, the other the right
 * one.
 */
export interface Trend {
  points: readonly TrendPoint[];
  series: readonly TrendSeries[];
  /** Where values of the first series usually are. */
  usual?: { low: number; high: number } | null;
}

const formats: Record<TrendUnit, (value: number) => string> = {
  count: formatCount,
  bytes: formatBytes,
  seconds: formatDuration,
  ratio: formatPercent,
  decimal: formatDecimal,
};

/** Full format, for the table and the tooltip. */
export function formatValue(unit: TrendUnit, value: number | null | undefined): string {
  return value == null ? '–' : formats[unit](value);
}

/** Short format for axis ticks. */
export function formatTick(unit: TrendUnit, value: number): string {
  return unit === 'count' ? formatCompactCount(value) : formats[unit](value);
}

export function unitsOf(series: readonly TrendSeries[]): TrendUnit[] {
  return [...new Set(series.map(({ unit }) => unit))];
}

/**
 * Text alternative of a chart for screen readers: its extent, and the range and last value of each series.
 */
export function describeTrend(title: string, { points, series, usual }: Trend): string {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return `${title}: no data`;
  const extent =
    points.length === 1
      ? first.title
      : `${formatNoun(points.length, 'point')}, ${first.title} to ${last.title}`;
  const [main] = series;
  const band = main && usual ? [`Usually ${formatBand(main.unit, usual)}`] : [];
  return [`${title}: ${extent}`, ...series.map(describeSeries), ...band].join('. ');
}

/** "1,200 to 1,400" */
const formatBand = (unit: TrendUnit, { low, high }: { low: number; high: number }): string =>
  `${formatValue(unit, low)} to ${formatValue(unit, high)}`;

/** Below this number of values, none is usual. */
const minUsual = 8;

/** Finds the middle half of values. Null if there are too few, or if they are all alike. */
export function findUsual(values: readonly (number | null)[]): { low: number; high: number } | null {
  const known = values.filter((value) => value !== null).toSorted((one, other) => one - other);
  if (known.length < minUsual) return null;
  const low = known[Math.floor((known.length - 1) / 4)] ?? 0;
  const high = known[Math.ceil(((known.length - 1) * 3) / 4)] ?? 0;
  return low === high ? null : { low, high };
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

/** The largest value on a unit's axis, with stacked bars added up. */
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
