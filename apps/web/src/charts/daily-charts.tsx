import type { DailySums, PipelineDailySeriesResponse } from '@pumphouse/contract';
import { useMemo } from 'react';
import classes from './daily-charts.module.css';
import { dailyTrends, spanDays, type DailyTrendName, type DaySpan } from './daily-trends.ts';
import { TrendChart } from './trend-chart.tsx';

interface DailyChartsProps {
  days: PipelineDailySeriesResponse['days'];
  sums: DailySums;
  /** A line below the title of a chart: the last value beside what is usual. */
  notes?: Partial<Record<DailyTrendName, string | null>>;
  /** Leads to the runs of the days that were clicked on. */
  onPick?: (span: DaySpan) => void;
}

const titles: Record<DailyTrendName, string> = {
  rows: 'Rows loaded',
  bytes: 'Bytes loaded',
  duration: 'Average duration',
  runs: 'Runs',
};

/** Rows, bytes, durations and outcomes over the same days, beside each other. */
export function DailyCharts({ days, sums, notes = {}, onPick }: DailyChartsProps) {
  const spans = useMemo(() => spanDays(days), [days]);
  const trends = useMemo(() => dailyTrends(spans, sums), [spans, sums]);
  const pick = (index: number) => {
    const span = spans[index];
    if (span) onPick?.(span);
  };
  return (
    <div className={classes.charts}>
      {Object.entries(titles).map(([name, title]) => (
        <TrendChart
          key={name}
          title={title}
          note={notes[name as DailyTrendName] ?? null}
          trend={trends[name as DailyTrendName]}
          heightPx={96}
          onPick={onPick && pick}
        />
      ))}
    </div>
  );
}
