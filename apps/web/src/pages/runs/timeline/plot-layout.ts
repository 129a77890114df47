import type { Bar, Cell } from './timeline-bars.ts';
import type { TimelineRow } from './timeline-rows.ts';
import { lateTickSeconds } from '@pumphouse/contract';
import { endOfBar } from './timeline-bars.ts';
import { findFirstBar } from './timeline-rows.ts';
import { rowHeightPx } from './plot-sizes.ts';
import { toTime, toX, type TimeView } from './time-view.ts';

const paddingPx = 5;
const minBarPx = 3;
/** A pointer this close to a bar or tick points at it. */
const nearPx = 4;

/** A tick is late when no run follows it for this long. */
export const lateAfterMs = lateTickSeconds * 1000;

/** The axis of a plot. */
export interface Axis {
  view: TimeView;
  widthPx: number;
  nowMs: number;
}

/** The parts of a bar in pixels, relative to the top of its row. */
export interface BarBox {
  y: number;
  height: number;
  /** The wait before its code started; null if it is shorter than two pixels. */
  wait: { x: number; width: number } | null;
  /** The time of its code; null for a run that has not started or was skipped. */
  run: { x: number; width: number } | null;
  /** From the tick to its creation, if the run was late. */
  late: { x: number; width: number } | null;
  /** Left and right end, without the line from its tick. */
  left: number;
  right: number;
}

/** Computes the position of a bar within its row. */
export function layOutBar(bar: Bar, laneCount: number, axis: Axis): BarBox {
  const { view, widthPx, nowMs } = axis;
  const place = (atMs: number) => toX(view, widthPx, atMs);
  const laneHeight = (rowHeightPx - 2 * paddingPx) / laneCount;
  const created = place(bar.createdMs);
  const end = place(endOfBar(bar, nowMs));
  const started = bar.startedMs === null ? end : place(bar.startedMs);
  const wait = started - created >= 2 ? { x: created, width: started - created } : null;
  const isLate = bar.tickMs !== null && bar.createdMs - bar.tickMs > lateAfterMs;
  const late = isLate && bar.tickMs !== null ? toLate(place(bar.tickMs), created) : null;
  const hasRun = bar.startedMs !== null || (wait === null && bar.skip === null);
  const run = hasRun ? { x: started, width: Math.max(minBarPx, end - started) } : null;
  return {
    y: paddingPx + Math.min(bar.lane, laneCount - 1) * laneHeight,
    height: Math.max(2, laneHeight - (laneCount > 1 ? 1 : 0)),
    wait,
    run,
    late,
    left: created,
    right: run ? run.x + run.width : Math.max(end, created + minBarPx),
  };
}

function toLate(tick: number, created: number) {
  return created - tick >= 2 ? { x: tick, width: created - tick } : null;
}

/** What a pointer points at. */
export type Target =
  | { kind: 'bar'; row: TimelineRow; bar: Bar }
  | { kind: 'tick'; row: TimelineRow; atMs: number; text: string; timeZone: string }
  | { kind: 'cell'; row: TimelineRow; cell: Cell };

/** Finds the bar, tick or count of a row at a position; null on empty ground. The last one drawn wins. */
export function findTarget(row: TimelineRow, axis: Axis, at: { x: number; y: number }): Target | null {
  const { view, widthPx } = axis;
  const fromMs = toTime(view, widthPx, at.x - nearPx - minBarPx);
  let best: { bar: Bar; distance: number } | null = null;
  for (let index = findFirstBar(row, fromMs); index < row.bars.length; index += 1) {
    const bar = row.bars[index];
    if (!bar || toX(view, widthPx, bar.createdMs) > at.x + nearPx) break;
    const distance = distanceTo(layOutBar(bar, row.laneCount, axis), at);
    if (distance <= nearPx && (best === null || distance <= best.distance)) best = { bar, distance };
  }
  if (best) return { kind: 'bar', row, bar: best.bar };
  return findTick(row, axis, at.x) ?? findCell(row, axis, at.x);
}

function distanceTo({ left, right, y, height }: BarBox, at: { x: number; y: number }): number {
  const dx = Math.max(0, left - at.x, at.x - right);
  const dy = Math.max(0, y - at.y, at.y - (y + height));
  return Math.max(dx, dy);
}

function findTick(row: TimelineRow, { view, widthPx }: Axis, x: number): Target | null {
  for (const { atMs: ticks, text, timeZone } of row.planned) {
    const atMs = ticks.find((tick) => Math.abs(toX(view, widthPx, tick) - x) <= nearPx + 1);
    if (atMs !== undefined) return { kind: 'tick', row, atMs, text, timeZone };
  }
  return null;
}

function findCell(row: TimelineRow, { view, widthPx }: Axis, x: number): Target | null {
  const atMs = toTime(view, widthPx, x);
  const cell = row.cells.find(({ startMs, endMs }) => startMs <= atMs && atMs < endMs);
  return cell ? { kind: 'cell', row, cell } : null;
}
