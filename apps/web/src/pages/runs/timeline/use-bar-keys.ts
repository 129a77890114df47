import { useState, type FocusEvent, type KeyboardEvent, type RefObject } from 'react';
import type { TimelineRow } from './timeline-rows.ts';
import { layOutBar, type Axis, type Target } from './plot-layout.ts';
import { rowHeightPx } from './plot-sizes.ts';
import { lengthOf, panView, toX, zoomView, type TimeView } from './time-view.ts';
import { stepBar, stepRow, type BarPosition } from './bar-steps.ts';

interface KeyOptions {
  rows: readonly TimelineRow[];
  axis: Axis;
  scroller: RefObject<HTMLElement | null>;
  onView: ((view: TimeView) => void) | null;
  onOpen: (target: Target, isNewTab: boolean) => void;
}

const panShare = 0.2;

/**
 * Moves a focus through the bars: left and right within a row, up and down between rows. Plus and minus zoom,
 * Shift with left and right pans.
 */
export function useBarKeys({ rows, axis, scroller, onView, onOpen }: KeyOptions) {
  const [position, setPosition] = useState<BarPosition | null>(null);
  const [isActive, setActive] = useState(false);
  const row = position ? rows[position.row] : undefined;
  const bar = row?.bars.find(({ id }) => id === position?.barId);
  const target: Target | null = isActive && row && bar ? { kind: 'bar', row, bar } : null;

  const goTo = (next: BarPosition | null) => {
    if (!next) return;
    setPosition(next);
    showRow(scroller.current, next.row);
    const at = rows[next.row]?.bars.find(({ id }) => id === next.barId);
    if (at && onView && !isVisible(axis, at.startedMs ?? at.createdMs)) {
      onView(panView(axis.view, (at.startedMs ?? at.createdMs) - middleOf(axis.view)));
    }
  };
  const isShown = (barAt: { createdMs: number; finishedMs: number | null }) =>
    onView !== null ||
    (barAt.createdMs < axis.view.endMs && (barAt.finishedMs ?? axis.nowMs) > axis.view.startMs);
  const commands: Record<string, () => void> = {
    ArrowRight: () => goTo(stepBar(rows, position, 1, isShown)),
    ArrowLeft: () => goTo(stepBar(rows, position, -1, isShown)),
    ArrowDown: () => goTo(stepRow(rows, position, 1, axis.view, isShown)),
    ArrowUp: () => goTo(stepRow(rows, position, -1, axis.view, isShown)),
    Enter: () => target && onOpen(target, false),
    '+': () => onView?.(zoomView(axis.view, 0.5, bar ? bar.createdMs : middleOf(axis.view))),
    '=': () => onView?.(zoomView(axis.view, 0.5, bar ? bar.createdMs : middleOf(axis.view))),
    '-': () => onView?.(zoomView(axis.view, 2, bar ? bar.createdMs : middleOf(axis.view))),
    'Shift+ArrowRight': () => onView?.(panView(axis.view, lengthOf(axis.view) * panShare)),
    'Shift+ArrowLeft': () => onView?.(panView(axis.view, -lengthOf(axis.view) * panShare)),
  };

  const box = target?.kind === 'bar' ? layOutBar(target.bar, target.row.laneCount, axis) : null;
  return {
    target,
    isActive,
    rowIndex: position?.row ?? -1,
    place: box && position ? placeInWindow(scroller.current, box, { row: position.row, axis }) : null,
    onKeyDown: (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const isPan = event.shiftKey && event.key.startsWith('Arrow');
      const command = commands[isPan ? `Shift+${event.key}` : event.key];
      if (!command) return;
      event.preventDefault();
      event.stopPropagation();
      command();
    },
    onFocus: (event: FocusEvent<HTMLElement>) => {
      // A click is no reason to show the focus of the keyboard.
      if (!event.currentTarget.matches(':focus-visible')) return;
      setActive(true);
      if (!bar) goTo(stepRow(rows, null, 1, axis.view, isShown));
    },
    onBlur: () => setActive(false),
  };
}

const middleOf = ({ startMs, endMs }: TimeView) => (startMs + endMs) / 2;

const isVisible = ({ view }: Axis, atMs: number) => atMs >= view.startMs && atMs <= view.endMs;

function showRow(scroller: HTMLElement | null, row: number): void {
  if (!scroller) return;
  const top = row * rowHeightPx;
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  const bottom = top + rowHeightPx - scroller.clientHeight;
  if (bottom > scroller.scrollTop) scroller.scrollTop = bottom;
}

/** Where the tooltip of a focused bar goes. */
function placeInWindow(
  scroller: HTMLElement | null,
  box: { left: number },
  { row, axis }: { row: number; axis: Axis },
): { x: number; y: number } | null {
  const plot = scroller?.querySelector('[role="application"]')?.getBoundingClientRect();
  if (!scroller || !plot) return null;
  const left = Math.max(box.left, toX(axis.view, axis.widthPx, axis.view.startMs));
  return { x: plot.left + left, y: plot.top + (row + 1) * rowHeightPx - scroller.scrollTop - 12 };
}
