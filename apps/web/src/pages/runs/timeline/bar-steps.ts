import type { Bar } from './timeline-bars.ts';
import type { TimelineRow } from './timeline-rows.ts';
import type { TimeView } from './time-view.ts';

/** The bar that has the keyboard focus. */
export interface BarPosition {
  row: number;
  barId: string;
}

type IsShown = (bar: Bar) => boolean;

/** The next or previous bar of the row; null at its end. Without a position, the first bar of the first row. */
export function stepBar(
  rows: readonly TimelineRow[],
  from: BarPosition | null,
  step: 1 | -1,
  isShown: IsShown,
): BarPosition | null {
  if (!from) return stepRow(rows, null, 1, null, isShown);
  const bars = rows[from.row]?.bars.filter(isShown) ?? [];
  const bar = bars[bars.findIndex(({ id }) => id === from.barId) + step];
  return bar ? { row: from.row, barId: bar.id } : null;
}

/** The bar of the next row with bars that is nearest in time; its last bar in the view without a position. */
export function stepRow(
  rows: readonly TimelineRow[],
  from: BarPosition | null,
  step: 1 | -1,
  view: TimeView | null,
  isShown: IsShown,
): BarPosition | null {
  const current = rows[from?.row ?? -1]?.bars.find(({ id }) => id === from?.barId);
  const aroundMs = current?.createdMs ?? view?.endMs ?? Number.POSITIVE_INFINITY;
  for (let row = (from?.row ?? -1) + step; row >= 0 && row < rows.length; row += step) {
    const nearest = findNearest(rows[row]?.bars.filter(isShown) ?? [], aroundMs);
    if (nearest) return { row, barId: nearest.id };
  }
  return null;
}

function findNearest(bars: readonly Bar[], aroundMs: number): Bar | undefined {
  let nearest: Bar | undefined;
  for (const bar of bars) {
    const isNearer = !nearest || Math.abs(bar.createdMs - aroundMs) <= Math.abs(nearest.createdMs - aroundMs);
    if (isNearer) nearest = bar;
  }
  return nearest;
}
