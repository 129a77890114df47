import { lazy, Suspense, useState } from 'react';
import classes from './trend-chart.module.css';
import { describeTrend, type Trend } from './trend.ts';
import { TrendTable } from './trend-table.tsx';

const TrendCanvas = lazy(() => import('./trend-canvas.tsx'));

interface TrendChartProps {
  /** Heading: "Rows loaded by day". */
  title: string;
  trend: Trend;
  /** Text next to the title: the last and the usual value. */
  note?: string | null;
  /** Height of the drawing, reserved while it loads. */
  heightPx?: number;
  /** Called with the index of a clicked point, to open its run or the runs of its day. */
  onPick?: ((index: number) => void) | undefined;
}

/**
 * A bar or line chart over days or runs. It can be switched to a table, which makes `onPick` reachable by
 * keyboard. Memoize `trend` while its numbers are unchanged: each new object redraws the chart.
 */
export function TrendChart({ title, trend, note = null, heightPx = 150, onPick }: TrendChartProps) {
  const [isTable, setTable] = useState(false);
  return (
    <figure className={classes.figure}>
      <figcaption className={classes.caption}>
        <span className={classes.title}>{title}</span>
        {note !== null && <span>{note}</span>}
        {trend.series.length > 1 && !isTable && <Legend trend={trend} />}
        <button type="button" className={classes.switch} onClick={() => setTable(!isTable)}>
          <span className="visually-hidden">Show {title} as </span>
          {isTable ? 'chart' : 'table'}
        </button>
      </figcaption>
      {isTable ? (
        <div
          className={classes.table}
          style={{ height: heightPx }}
          tabIndex={0}
          role="group"
          aria-label={title}
        >
          <TrendTable title={title} trend={trend} onPick={onPick} />
        </div>
      ) : (
        <div role="img" aria-label={describeTrend(title, trend)} style={{ height: heightPx }}>
          <Suspense fallback={null}>
            <TrendCanvas trend={trend} onPick={onPick} />
          </Suspense>
        </div>
      )}
    </figure>
  );
}

/**
 * Series names with their colours. Lines and bars have different symbols, so that colour is not the only cue.
 */
function Legend({ trend }: { trend: Trend }) {
  return (
    <span className={classes.legend}>
      {trend.series.map(({ name, colour, kind }) => (
        <span key={name} className={classes.entry}>
          <svg width="12" height="10" aria-hidden="true" data-colour={colour} className={classes.sample}>
            {kind === 'bar' ? (
              <rect x="1" y="1" width="8" height="8" rx="1" />
            ) : (
              <path d="M0 5h12" strokeWidth="2" />
            )}
          </svg>
          {name}
        </span>
      ))}
    </span>
  );
}
