import type { DailySums, PipelineDailySeriesResponse } from '@pumphouse/contract';
import type { Trend, TrendSeries } from './trend.ts';
import { sumOf } from './day-sums.ts';

type SeriesDay = PipelineDailySeriesResponse['days'][number];

/** One point of the charts: a day, or several where there are too many to be told apart. */
export interface DaySpan {
  label: string;
  title: string;
  start: string;
  end: string;
  /** Of the days in the series, from the first up to, not including, the last. */
  from: number;
  to: number;
}

/** More days than this are shown as weeks. */
const mostDays = 100;
const week = 7;

const short = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const long = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
});

/** Days as points; of a year, weeks that end with today. */
export function spanDays(days: readonly SeriesDay[]): DaySpan[] {
  const size = days.length > mostDays ? week : 1;
  const spans: DaySpan[] = [];
  for (let to = days.length; to > 0; to -= size) {
    const from = Math.max(0, to - size);
    const [first, last] = [days[from], days[to - 1]];
    if (first && last) spans.unshift(describeSpan(first, last, { from, to }));
  }
  return spans;
}

function describeSpan(first: SeriesDay, last: SeriesDay, place: { from: number; to: number }): DaySpan {
  const [begin, end] = [new Date(first.date), new Date(last.date)];
  const title = first === last ? long.format(begin) : `${short.format(begin)} to ${long.format(end)}`;
  return { label: short.format(begin), title, start: first.start, end: last.end, ...place };
}

export type DailyTrendName = 'rows' | 'bytes' | 'duration' | 'runs';

/** What was loaded, how long runs took, and how they went, as charts over the same days. */
export function dailyTrends(spans: readonly DaySpan[], sums: DailySums): Record<DailyTrendName, Trend> {
  const perSpan = (values: readonly number[]) => spans.map(({ from, to }) => sumOf(values.slice(from, to)));
  const runs = perSpan(sums.total_pipeline_run_count);
  const succeeded = perSpan(sums.succeeded_pipeline_run_count);
  const trend = (...series: TrendSeries[]): Trend => ({ points: spans, series });
  const bar = { kind: 'bar', colour: 'accent' } as const;
  return {
    rows: trend({ ...bar, name: 'Rows', unit: 'count', values: perSpan(sums.total_rows_loaded) }),
    bytes: trend({ ...bar, name: 'Bytes', unit: 'bytes', values: perSpan(sums.total_bytes_loaded) }),
    duration: trend({
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

/** Days with more runs count for more. */
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
