import type { UsageResponse } from '@pumphouse/contract';
import { useMemo } from 'react';
import { TrendChart } from '../../charts/trend-chart.tsx';
import { formatCount, formatDuration } from '../../ui/format.ts';
import { DetailList, Section } from '../../ui/page.tsx';
import classes from './usage.module.css';
import { runTrend, timeTrend } from './usage-trend.ts';
import { useNow } from '../../ui/time.tsx';

const most = (limit: number | null, unit: string) =>
  limit === null ? 'no limit' : `of ${formatCount(limit)}${unit}`;

/** Usage of this month compared with the limits, then usage of the selected range. */
export function UsageSummary({ usage, title }: { usage: UsageResponse; title: string }) {
  const { month, total, days } = usage;
  const nowMs = useNow(3600);
  const [time, runs] = useMemo(() => {
    const now = new Date(nowMs);
    return [timeTrend(days, now), runTrend(days, now)];
  }, [days, nowMs]);
  return (
    <>
      <Section title="This month and limits">
        <DetailList
          items={[
            [
              'Run time this month (UTC)',
              `${formatDuration(month.run_seconds)}, ${most(month.minutes_a_month, ' min')}`,
            ],
            ['Active runs', `${formatCount(month.active_run_count)}, ${most(month.concurrent_runs, '')}`],
          ]}
        />
      </Section>
      <Section title={title}>
        <DetailList
          items={[
            ['Run time', formatDuration(total.run_seconds)],
            ['Completed', formatCount(total.completed_run_count)],
            ['Failed', formatCount(total.failed_run_count)],
            ['Cancelled', formatCount(total.cancelled_run_count)],
          ]}
        />
        <div className={classes.charts}>
          <TrendChart title="Run time by day (UTC)" trend={time} />
          <TrendChart title="Runs by day (UTC)" trend={runs} />
        </div>
      </Section>
    </>
  );
}
