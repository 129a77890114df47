import type { DailySums, PipelineDailySeriesResponse } from '@pumphouse/contract';
import { useMemo } from 'react';
import classes from './daily-charts.module.css';
import { dailyTrends, spanDays, type DailyTrendName, type DaySpan } from './daily-trends.ts';
import { TrendChart } from './trend-chart.tsx';
import { useNow } from '../ui/time.tsx';

interface DailyChartsProps {
  days: PipelineDailySeriesResponse['days'];
  sums: DailySums;
  /** Note next to a chart's title: the last and the usual value. */
  notes?: Partial<Record<DailyTrendName, string | null>>;
  /** Called with the days that were clicked. */
  onPick?: (span: DaySpan) => void;
}

const charts: readonly { name: DailyTrendName; title: string }[] = [
  { name: 'rows', title: 'Rows loaded' },
  { name: 'bytes', title: 'Bytes loaded' },
  { name: 'duration', title: 'Average duration' },
  { name: 'runs', title: 'Runs' },
];

/** Charts of rows, bytes, durations and run results over the same days, side by side. */
export function DailyCharts({ days, sums, notes = {}, onPick }: DailyChartsProps) {
  const nowMs = useNow(3600);
  const spans = useMemo(() => spanDays(days, new Date(nowMs)), [days, nowMs]);
  const trends = useMemo(() => dailyTrends(spans, sums), [spans, sums]);
  const pick = (index: number) => {
    const span = spans[index];
    if (span) onPick?.(span);
  };
  return (
    <div className={classes.charts}>
      {charts.map(({ name, title }) => (
        <TrendChart
          key={name}
          title={title}
          note={notes[name] ?? null}
          trend={trends[name]}
          heightPx={64}
          onPick={onPick && pick}
        />
      ))}
    </div>
  );
}
