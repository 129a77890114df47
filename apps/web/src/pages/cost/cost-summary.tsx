import type { CostResponse } from '@pumphouse/contract';
import { useMemo } from 'react';
import { TrendChart } from '../../charts/trend-chart.tsx';
import { formatBytes, formatCount } from '../../ui/format.ts';
import { DetailList, Section } from '../../ui/page.tsx';
import { useNow } from '../../ui/time.tsx';
import usage from '../workspaces/usage.module.css';
import classes from './cost.module.css';
import { coreTrend, costTrend } from './cost-trend.ts';
import { describeGrowth, describeUse, formatAmount, formatHours, listGaps } from './cost-texts.ts';

/** The figures of the range, what they leave out, and their days. */
export function CostSummary({ cost, title }: { cost: CostResponse; title: string }) {
  const { total, before, currency, days } = cost;
  const isPriced = currency !== null;
  const nowMs = useNow(3600);
  const [costs, cores] = useMemo(() => {
    const now = new Date(nowMs);
    return [costTrend(days, isPriced, now), coreTrend(days, now)];
  }, [days, isPriced, nowMs]);
  const growth = describeGrowth(total, before);
  const since = growth === null ? '' : `, ${growth} since the ${formatCount(days.length)} days before`;
  const gaps = listGaps(cost);
  return (
    <Section title={title}>
      <DetailList
        items={[
          ...(isPriced ? [['Cost', `${formatAmount(total.amount, currency)}${since}`] as const] : []),
          ['Hours held', `${formatHours(total.held_hours)}${isPriced ? '' : since}`],
          ['Core-hours', describeUse(total.core_hours_held, total.core_hours_used, total.core_share, total)],
          [
            'Memory, GiB-hours',
            describeUse(total.gib_hours_held, total.gib_hours_used, total.memory_share, total),
          ],
          ['Rows loaded', formatCount(total.rows_loaded)],
          ['Data loaded', formatBytes(total.bytes_loaded)],
        ]}
      />
      {gaps.length > 0 && (
        <ul className={classes.gaps}>
          {gaps.map((gap) => (
            <li key={gap}>{gap}</li>
          ))}
        </ul>
      )}
      <div className={usage.charts}>
        <TrendChart
          title={isPriced ? `Cost by day (${currency}, UTC)` : 'Hours held by day (UTC)'}
          trend={costs}
        />
        <TrendChart title="Core-hours by day (UTC)" trend={cores} />
      </div>
    </Section>
  );
}
