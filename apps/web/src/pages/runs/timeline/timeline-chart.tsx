import { useLayoutEffect, useRef, useState } from 'react';
import classes from './timeline.module.css';
import type { Bar, TimelineJob } from './timeline-bars.ts';
import type { Target } from './plot-layout.ts';
import type { TimelineRow } from './timeline-rows.ts';
import type { TimeView } from './time-view.ts';
import { describeTarget } from './bar-texts.ts';
import { PlotCanvas } from './plot-canvas.tsx';
import { RowLabel } from './row-label.tsx';
import { rowHeightPx, rulerHeightPx } from './plot-sizes.ts';
import { TargetTip, type TipPosition } from './target-tip.tsx';
import { useBarKeys } from './use-bar-keys.ts';
import { usePlotColours } from './plot-colours.ts';
import { usePlotGestures } from './use-plot-gestures.ts';
import { shownZone } from '../../../ui/time-zone.ts';

export interface TimelineChartProps {
  /** Accessible name: "Timeline". */
  label: string;
  rows: readonly TimelineRow[];
  jobs: readonly TimelineJob[];
  view: TimeView;
  nowMs: number;
  /** Height of the rows; more scroll. */
  maxHeightPx: number;
  brush: TimeView | null;
  /** Null: the view is fixed. */
  onView: ((view: TimeView) => void) | null;
  onBrush: ((range: TimeView | null) => void) | null;
  onFold: (groupLabel: string) => void;
  onOpen: (bar: Bar, isNewTab: boolean) => void;
}

/**
 * Rows of bars on a time axis. Labels are elements, bars are drawn on a canvas: only visible rows are rendered.
 * Screen readers get the focused bar as a live text; `TimelineTable` has all of them.
 */
export function TimelineChart(props: TimelineChartProps) {
  const { label, rows, view, nowMs, brush } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const plot = useRef<HTMLDivElement>(null);
  const ruler = useRef<HTMLDivElement>(null);
  const colours = usePlotColours();
  const [scrollPx, setScrollPx] = useState(0);
  const widthPx = useWidth(plot);
  const [tip, setTip] = useState<TipPosition | null>(null);
  const heightPx = Math.min(props.maxHeightPx, Math.max(1, rows.length) * rowHeightPx);
  const axis = { view, widthPx, nowMs };
  const open = (target: Target, isNewTab: boolean) => {
    if (target.kind === 'bar') props.onOpen(target.bar, isNewTab);
    if (target.kind === 'cell') props.onView?.(target.cell);
  };
  const gestures = usePlotGestures(
    { plot, ruler },
    { rows, axis, scrollPx, onView: props.onView, onBrush: props.onBrush, onPoint: setTip, onOpen: open },
  );
  const keys = useBarKeys({ rows, axis, scroller, onView: props.onView, onOpen: open });
  const first = Math.max(0, Math.floor(scrollPx / rowHeightPx) - 3);
  const shown = rows.slice(first, first + Math.ceil(heightPx / rowHeightPx) + 6);
  const drawing = {
    rows,
    axis,
    heightPx,
    scrollPx,
    colours,
    brush: gestures.brush ?? brush,
    focusedId: keys.target?.kind === 'bar' ? keys.target.bar.id : null,
  };
  const nameOf = ({ row, ...target }: Target) =>
    (target.kind === 'bar' ? props.jobs[target.bar.job]?.name : row.job?.name) ?? row.label;
  const spoken = keys.target ? describeTarget(keys.target, nowMs, nameOf(keys.target)) : null;

  return (
    <div className={classes.chart} data-fixed={props.onView === null}>
      <div className={classes.corner}>{shownZone()}</div>
      <div
        ref={ruler}
        className={classes.ruler}
        data-brushing={props.onBrush !== null}
        title={props.onBrush === null ? undefined : 'Drag to select a range'}
      >
        <PlotCanvas kind="ruler" drawing={drawing} heightPx={rulerHeightPx} />
      </div>
      <div
        ref={scroller}
        className={classes.scroller}
        style={{ height: heightPx }}
        onScroll={(event) => setScrollPx(event.currentTarget.scrollTop)}
      >
        <div className={classes.inner} style={{ height: rows.length * rowHeightPx }}>
          <ul className={classes.labels} aria-label="Jobs">
            {shown.map((row, index) => (
              <RowLabel
                key={row.key}
                row={row}
                topPx={(first + index) * rowHeightPx}
                isFocused={keys.rowIndex === first + index && keys.isActive}
                onFold={props.onFold}
              />
            ))}
          </ul>
          {/* An application has keys of its own: bars are drawn, so each cannot be an element. */}
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- see above */}
          <div
            ref={plot}
            className={classes.plot}
            style={{ height: heightPx }}
            role="application"
            aria-roledescription="timeline"
            aria-label={`${label}. Arrow keys move between runs, Enter opens a run${
              props.onView === null ? '' : ', plus and minus zoom, Shift and arrow keys pan'
            }.`}
            tabIndex={0}
            data-pointing={gestures.isPointing}
            onKeyDown={keys.onKeyDown}
            onFocus={keys.onFocus}
            onBlur={keys.onBlur}
          >
            <PlotCanvas kind="rows" drawing={drawing} heightPx={heightPx} />
          </div>
        </div>
      </div>
      <div className="visually-hidden" role="status" aria-label="Focused run">
        {spoken && [spoken.title, ...spoken.lines].join('. ')}
      </div>
      {tip && <TargetTip place={tip} nowMs={nowMs} jobName={nameOf(tip.target)} />}
      {!tip && keys.isActive && keys.target && keys.place && (
        <TargetTip
          place={{ target: keys.target, ...keys.place }}
          nowMs={nowMs}
          jobName={nameOf(keys.target)}
        />
      )}
    </div>
  );
}

/** The width of an element, which follows that of the window. */
function useWidth(element: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    if (!element.current) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.round(entry?.contentRect.width ?? 0)));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
