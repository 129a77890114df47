import type { DailySums, PipelineDailySeriesResponse } from '@pumphouse/contract';
import type { Trend, TrendSeries } from './trend.ts';
import { findUsual } from './trend.ts';
import { formatCount } from '../ui/format.ts';
import { sumOf } from './day-sums.ts';

type SeriesDay = PipelineDailySeriesResponse['days'][number];

/** A point of the charts: a day, or several days if there are too many. */
export interface DaySpan {
  label: string;
  title: string;
  start: string;
  end: string;
  isPartial: boolean;
  /** Indexes of the days in the series, from `from` to `to`, exclusive. */
  from: number;
  to: number;
}

/** Above this number, days are grouped into weeks. */
const maxDays = 100;
const week = 7;

const short = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const long = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
});

/** Groups days into points: single days, or for long ranges weeks that end today. The last one is partial until it is over. */
export function spanDays(days: readonly SeriesDay[], now: Date): DaySpan[] {
  const size = days.length > maxDays ? week : 1;
  const spans: DaySpan[] = [];
  for (let to = days.length; to > 0; to -= size) {
    const from = Math.max(0, to - size);
    const [first, last] = [days[from], days[to - 1]];
    if (first && last)
      spans.unshift(describeSpan(first, last, { from, to, isPartial: new Date(last.end) > now }));
  }
  return spans;
}

function describeSpan(
  first: SeriesDay,
  last: SeriesDay,
  position: Pick<DaySpan, 'from' | 'to' | 'isPartial'>,
): DaySpan {
  const [begin, end] = [new Date(first.date), new Date(last.date)];
  const title = first === last ? long.format(begin) : `${short.format(begin)} to ${long.format(end)}`;
  const soFar = position.isPartial ? ' so far' : '';
  return {
    label: short.format(begin),
    title: `${title}${soFar}`,
    start: first.start,
    end: last.end,
    ...position,
  };
}

export type DailyTrendName = 'rows' | 'bytes' | 'duration' | 'runs';

/** Trends of loaded data, durations and run results over the same days. */
export function dailyTrends(spans: readonly DaySpan[], sums: DailySums): Record<DailyTrendName, Trend> {
  const perSpan = (values: readonly number[]) => spans.map(({ from, to }) => sumOf(values.slice(from, to)));
  const runs = perSpan(sums.total_pipeline_run_count);
  const succeeded = perSpan(sums.succeeded_pipeline_run_count);
  const changes = perSpan(sums.schema_migration_count);
  const points = spans.map((span, index) => ({ ...span, mark: describeChanges(changes[index] ?? 0) }));
  const trend = (...series: TrendSeries[]): Trend => ({ points, series });
  const loaded = (series: TrendSeries): Trend => {
    const whole = series.values.filter((_, index) => (runs[index] ?? 0) > 0 && !spans[index]?.isPartial);
    return { ...trend(series), usual: findUsual(whole) };
  };
  const bar = { kind: 'bar', colour: 'accent' } as const;
  return {
    rows: loaded({ ...bar, name: 'Rows', unit: 'count', values: perSpan(sums.total_rows_loaded) }),
    bytes: loaded({ ...bar, name: 'Bytes', unit: 'bytes', values: perSpan(sums.total_bytes_loaded) }),
    duration: loaded({
      kind: 'line',
      colour: 'accent',
      name: 'Average duration',
      unit: 'seconds',
      values: spans.map((span) => averageSeconds(span, sums)),
    }),
    runs: trend(
      {
        kind: 'bar',
        colour: 'completed',
        stack: 'runs',
        name: 'Succeeded',
        unit: 'count',
        values: succeeded,
      },
      {
        kind: 'bar',
        colour: 'failed',
        stack: 'runs',
        name: 'Failed',
        unit: 'count',
        values: runs.map((count, index) => count - (succeeded[index] ?? 0)),
      },
    ),
  };
}

const describeChanges = (count: number): string | null =>
  count === 0 ? null : `Schema changed ${count === 1 ? 'once' : `${formatCount(count)} times`}`;

/** Average duration weighted by the number of runs per day. */
function averageSeconds({ from, to }: DaySpan, sums: DailySums): number | null {
  let [milliseconds, runs] = [0, 0];
  for (let day = from; day < to; day += 1) {
    const average = sums.average_duration_ms[day] ?? null;
    const count = sums.total_pipeline_run_count[day] ?? 0;
    if (average === null) continue;
    milliseconds += average * count;
    runs += count;
  }
  return runs === 0 ? null : milliseconds / runs / 1000;
}
