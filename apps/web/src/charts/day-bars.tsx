import classes from './day-bars.module.css';
import { formatCount, formatNoun } from '../ui/format.ts';
import { groupDays, sumOf } from './day-sums.ts';

const widthPx = 100;
const heightPx = 20;
const maxBars = 31;

/**
 * A sparkline with one bar per day; above 31 days, each bar covers several days.
 * @param noun the counted unit: "rows loaded"
 */
export function DayBars({ values, noun }: { values: readonly number[]; noun: string }) {
  const bars = groupDays(values, maxBars);
  const most = Math.max(1, ...bars);
  const step = widthPx / Math.max(1, bars.length);
  const width = Math.min(10, Math.max(1, step - 1));
  return (
    <svg
      width={widthPx}
      height={heightPx}
      role="img"
      aria-label={`${formatCount(sumOf(values))} ${noun} in ${formatNoun(values.length, 'day')}, ${formatCount(values.at(-1) ?? 0)} of them today`}
      className={classes.bars}
    >
      <path d={`M0 ${heightPx - 0.5}H${widthPx}`} className={classes.ground} />
      {bars.map((value, index) => {
        // Non-zero values have a visible minimum height.
        const height = value === 0 ? 0 : Math.max(2, (value / most) * (heightPx - 2));
        return (
          <rect
            key={index}
            x={index * step + (step - width) / 2}
            y={heightPx - 1 - height}
            width={width}
            height={height}
          />
        );
      })}
    </svg>
  );
}
