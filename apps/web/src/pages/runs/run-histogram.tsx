import { useState, type KeyboardEvent, type MouseEvent, type PointerEvent } from 'react';
import classes from './run-histogram.module.css';
import {
  bucketAt,
  describeBucket,
  isInSpan,
  rangeOfSpan,
  type BucketSpan,
  type HistogramBucket,
} from './histogram-bars.ts';
import { countedStates, listCountedStates, type CountedState, type RunSearch } from './run-list.ts';
import { formatCount, formatShortInstant } from '../../ui/format.ts';
import { stackParts } from '../../charts/stacked-parts.ts';
import { toRangeSearch } from './run-range.ts';
import { useNow } from '../../ui/time.tsx';
import { useRunCounts } from './use-run-counts.ts';

interface RunHistogramProps {
  search: RunSearch;
  /** Called with the range of the selected bars. */
  onChoose: (part: RunSearch) => void;
}

const heightPx = 40;

/** Runs of the list over time, as stacked bars by state. A click or a drag selects a range of time. */
export function RunHistogram({ search, onChoose }: RunHistogramProps) {
  const counts = useRunCounts(search);
  const now = new Date(useNow(60));
  if (counts === undefined) return <div className={classes.histogram} aria-hidden="true" />;
  const [from, to] = [counts.start, counts.end].map((at) => formatShortInstant(new Date(at), now));
  return (
    <div className={classes.histogram}>
      <Bars
        buckets={counts.buckets}
        states={listCountedStates(search)}
        now={now}
        onChoose={({ startMs, endMs }) => onChoose(toRangeSearch(startMs, endMs))}
      />
      <div className={classes.axis}>
        <span>{from}</span>
        {counts.counted_from !== null && (
          <span>
            Only the newest {formatCount(countAll(counts.total))} runs are counted, from{' '}
            {formatShortInstant(new Date(counts.counted_from), now)}.
          </span>
        )}
        <span>{to}</span>
      </div>
    </div>
  );
}

const countAll = (total: Record<CountedState, number>) =>
  countedStates.reduce((sum, state) => sum + total[state], 0);

interface BarsProps {
  buckets: readonly HistogramBucket[];
  states: readonly CountedState[];
  now: Date;
  onChoose: (range: { startMs: number; endMs: number }) => void;
}

/** One tab stop: the arrow keys move between bars, with Shift they select several, and Enter shows their runs. */
function Bars({ buckets, states, now, onChoose }: BarsProps) {
  const [span, setSpan] = useState<BucketSpan | null>(null);
  const [isDragging, setIsDragging] = useState(false);
  const stacked = stackParts(buckets, states, heightPx);
  const focusable = Math.min(span?.current ?? buckets.length - 1, buckets.length - 1);
  const choose = (chosen: BucketSpan) => {
    const range = rangeOfSpan(buckets, chosen);
    setSpan(null);
    if (range !== null) onChoose(range);
  };
  const indexOf = (event: PointerEvent<HTMLElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    return bucketAt(event.clientX - left, width, buckets.length);
  };
  const press = (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setIsDragging(true);
    setSpan({ anchor: indexOf(event), current: indexOf(event) });
  };
  const drag = (event: PointerEvent<HTMLElement>) => {
    if (isDragging && span !== null) setSpan({ ...span, current: indexOf(event) });
  };
  const release = () => {
    setIsDragging(false);
    if (isDragging && span !== null) choose(span);
  };
  const clear = () => {
    setIsDragging(false);
    setSpan(null);
  };
  const step = (event: KeyboardEvent<HTMLElement>) => {
    if (event.key === 'Escape') setSpan(null);
    const next = stepOf(event.key, focusable, buckets.length);
    if (next === null) return;
    event.preventDefault();
    setSpan({ anchor: event.shiftKey ? (span?.anchor ?? focusable) : next, current: next });
    event.currentTarget.querySelectorAll('button')[next]?.focus();
  };
  const click = (event: MouseEvent, index: number) => {
    // Pointers select when they are released; this is a click by keyboard or assistive technology.
    if (event.detail === 0)
      choose(span !== null && isInSpan(span, index) ? span : { anchor: index, current: index });
  };
  return (
    <div
      className={classes.bars}
      role="toolbar"
      tabIndex={-1}
      aria-label="Runs by time of creation"
      onPointerDown={press}
      onPointerMove={drag}
      onPointerUp={release}
      onPointerCancel={clear}
      onKeyDown={step}
    >
      {buckets.map((bucket, index) => {
        const text = describeBucket(bucket, states, now);
        return (
          <button
            key={bucket.start}
            type="button"
            tabIndex={index === focusable ? 0 : -1}
            className={classes.bar}
            data-selected={span !== null && isInSpan(span, index)}
            aria-label={text}
            title={text}
            onClick={(event) => click(event, index)}
          >
            {(stacked[index] ?? []).toReversed().map(({ state, height }) => (
              <span key={state} className={classes.part} data-state={state} style={{ height }} />
            ))}
          </button>
        );
      })}
    </div>
  );
}

function stepOf(key: string, current: number, count: number): number | null {
  const targets: Record<string, number> = {
    ArrowLeft: current - 1,
    ArrowRight: current + 1,
    Home: 0,
    End: count - 1,
  };
  const target = targets[key];
  return target === undefined ? null : Math.min(count - 1, Math.max(0, target));
}
