import type { RunSeriesResponse } from '@pumphouse/contract';
import classes from './overview.module.css';
import { formatCount, formatShortInstant } from '../../ui/format.ts';
import { stackBuckets, stripStates, sumOf, type StripState } from './strip.ts';

const height = 48;
const columnWidth = 10;
const labels: Record<StripState, string> = {
  failed: 'failed',
  completed: 'completed',
  active: 'active',
  cancelled: 'cancelled',
  skipped: 'skipped',
};

/**
 * Runs by state over time, as a strip of stacked bars. Each bar has a tooltip with its counts; screen readers
 * get the strip as one image with the totals.
 */
export function RunStrip({ series, text: window }: { series: RunSeriesResponse; text: string }) {
  const { buckets, bucket: size } = series;
  const columns = stackBuckets(buckets, height);
  const now = new Date(buckets.at(-1)?.end ?? 0);
  const first = buckets[0];
  const sums = stripStates.map((state) => `${formatCount(series.total[state])} ${labels[state]}`).join(', ');
  return (
    <div className={classes.strip}>
      <svg
        viewBox={`0 0 ${buckets.length * columnWidth} ${height}`}
        width="100%"
        height={height}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Runs in the ${window} by ${size}: ${sums}`}
      >
        {columns.map((parts, index) => (
          <g key={buckets[index]?.start} className={classes.column}>
            <title>{describeBucket(buckets[index], now)}</title>
            <rect
              x={index * columnWidth}
              y={0}
              width={columnWidth}
              height={height}
              className={classes.ground}
            />
            {parts.map((part) => (
              <rect
                key={part.state}
                x={index * columnWidth + 1}
                width={columnWidth - 2}
                y={height - part.y - part.height}
                height={part.height}
                className={classes.part}
                data-state={part.state}
              />
            ))}
          </g>
        ))}
      </svg>
      <div className={classes.axis} aria-hidden="true">
        <span>{first !== undefined && formatShortInstant(new Date(first.start), now)}</span>
        <span>now</span>
      </div>
    </div>
  );
}

function describeBucket(bucket: RunSeriesResponse['buckets'][number] | undefined, now: Date): string {
  if (!bucket) return '';
  const from = formatShortInstant(new Date(bucket.start), now);
  if (sumOf(bucket) === 0) return `${from}: no runs`;
  const counts = stripStates.filter((state) => bucket[state] > 0);
  return `${from}: ${counts.map((state) => `${formatCount(bucket[state])} ${labels[state]}`).join(', ')}`;
}
