import type { Bar, Cell } from './timeline-bars.ts';
import type { PlotColours } from './plot-colours.ts';
import type { TimelineRow } from './timeline-rows.ts';
import { findFirstBar } from './timeline-rows.ts';
import { lateAfterMs, layOutBar, type Axis, type BarBox } from './plot-layout.ts';
import { rowHeightPx } from './plot-sizes.ts';
import { listAxisMarks, toX } from './time-view.ts';

/** The state of a drawing. */
export interface Plot {
  rows: readonly TimelineRow[];
  axis: Axis;
  heightPx: number;
  /** Distance that the rows are scrolled. */
  scrollPx: number;
  colours: PlotColours;
  /** The bar that has the keyboard focus. */
  focusedId: string | null;
  /** A selected range of time. */
  brush: { startMs: number; endMs: number } | null;
}

type Context = CanvasRenderingContext2D;

/** Distance between the hollow circles of planned ticks, below which they are drawn as lines. */
const crampedTickPx = 9;

/** Draws the visible rows. Its cost depends on what is visible, not on the number of jobs. */
export function drawPlot(context: Context, plot: Plot): void {
  const { rows, axis, heightPx, scrollPx, colours } = plot;
  context.fillStyle = colours.surface;
  context.fillRect(0, 0, axis.widthPx, heightPx);
  drawGrid(context, plot);
  const hatch = createHatch(context, colours.states.pending);
  const first = Math.floor(scrollPx / rowHeightPx);
  const last = Math.min(rows.length - 1, Math.floor((scrollPx + heightPx) / rowHeightPx));
  for (let index = first; index <= last; index += 1) {
    const row = rows[index];
    if (row) drawRow(context, plot, row, { top: index * rowHeightPx - scrollPx, hatch });
  }
  drawNow(context, plot);
  drawBrush(context, plot);
}

function drawGrid(context: Context, { axis, heightPx, colours }: Plot): void {
  const now = toX(axis.view, axis.widthPx, axis.nowMs);
  if (now < axis.widthPx) {
    context.fillStyle = colours.ground;
    context.fillRect(Math.max(0, now), 0, axis.widthPx, heightPx);
  }
  for (const { atMs, isMidnight } of listAxisMarks(axis.view, axis.widthPx)) {
    context.fillStyle = isMidnight ? colours.edge : colours.line;
    context.fillRect(Math.round(toX(axis.view, axis.widthPx, atMs)), 0, 1, heightPx);
  }
}

interface RowPosition {
  top: number;
  hatch: CanvasPattern | null;
}

function drawRow(context: Context, plot: Plot, row: TimelineRow, { top, hatch }: RowPosition): void {
  const { axis, colours } = plot;
  if (row.kind === 'group') {
    context.fillStyle = colours.raised;
    context.globalAlpha = 0.6;
    context.fillRect(0, top, axis.widthPx, rowHeightPx);
    context.globalAlpha = 1;
  }
  context.fillStyle = colours.line;
  context.fillRect(0, top + rowHeightPx - 1, axis.widthPx, 1);
  drawCells(context, plot, row, top);
  drawTicks(context, plot, row, top);
  const drawn = new Map<number, DrawnBar>();
  for (let index = findFirstBar(row, axis.view.startMs); index < row.bars.length; index += 1) {
    const bar = row.bars[index];
    if (!bar || bar.createdMs > axis.view.endMs) break;
    const box = layOutBar(bar, row.laneCount, axis);
    if (box.right < 0) continue;
    if (bar.id !== plot.focusedId && isHidden(drawn.get(bar.lane), box, bar)) continue;
    drawn.set(bar.lane, { left: box.left, right: box.right, colour: bar.look.colour });
    drawBar(context, plot, { bar, box, top, hatch });
  }
}

interface DrawnBar {
  left: number;
  right: number;
  colour: string;
}

/** Whether the last bar of the lane looks the same, to the pixel: a row can have thousands of bars. */
function isHidden(before: DrawnBar | undefined, box: BarBox, { look }: Bar): boolean {
  if (!before || before.colour !== look.colour) return false;
  return box.left - before.left < 1 && box.right - before.right < 1;
}

interface PlacedBar extends RowPosition {
  bar: Bar;
  box: BarBox;
}

function drawBar(context: Context, plot: Plot, { bar, box, top, hatch }: PlacedBar): void {
  const { colours, axis } = plot;
  const y = top + box.y;
  const colour = colours.states[bar.look.colour];
  if (box.late) {
    context.fillStyle = colours.states.pending;
    for (let x = Math.max(0, box.late.x); x < box.late.x + box.late.width; x += 4) {
      context.fillRect(x, y + box.height / 2 - 1, 2, 2);
    }
  }
  if (box.wait)
    drawWait(context, { x: box.wait.x, y, width: box.wait.width, height: box.height }, hatch, colours);
  if (bar.skip) drawSkip(context, { x: box.left, y: top + rowHeightPx / 2 }, bar.skip.isMissed, colours);
  else if (box.run) {
    const { x, width } = box.run;
    if (bar.status === 'cancelled') drawHollow(context, { x, y, width, height: box.height }, colour, colours);
    else {
      context.fillStyle = colour;
      // A failed run fills its lane; the others leave room, so that failures stand out without colour too.
      const inset = bar.status === 'failed' || box.height < 8 ? 0 : 3;
      context.fillRect(x, y + inset, width, box.height - 2 * inset);
    }
    drawMark(context, { x, y, width, height: box.height }, bar, colours);
  }
  for (const retryMs of bar.retriesMs) {
    drawRetry(context, { x: toX(axis.view, axis.widthPx, retryMs), y, height: box.height }, colours);
  }
  if (plot.focusedId === bar.id) {
    context.strokeStyle = colours.accent;
    context.lineWidth = 2;
    const left = Math.max(1, box.left - 3);
    context.strokeRect(left, y - 3, Math.max(8, box.right - left + 3), box.height + 6);
  }
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

function drawWait(context: Context, box: Box, hatch: CanvasPattern | null, colours: PlotColours): void {
  context.fillStyle = colours.grounds.pending;
  context.fillRect(box.x, box.y + 3, box.width, box.height - 6);
  if (hatch) {
    context.fillStyle = hatch;
    context.fillRect(box.x, box.y + 3, box.width, box.height - 6);
  }
}

function drawHollow(context: Context, box: Box, colour: string, colours: PlotColours): void {
  context.fillStyle = colours.surface;
  context.fillRect(box.x, box.y + 3, box.width, box.height - 6);
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.strokeRect(box.x + 0.75, box.y + 3.75, Math.max(1, box.width - 1.5), box.height - 7.5);
}

/** The glyph of the state, where it fits. */
function drawMark(context: Context, box: Box, { look, status }: Bar, colours: PlotColours): void {
  if (box.height < 12 || box.width < 14 || status === 'completed') return;
  context.fillStyle = status === 'cancelled' ? colours.states.cancelled : colours.surface;
  context.font = `700 11px ${colours.font}`;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.fillText(look.glyph, Math.max(3, box.x + 3), box.y + box.height / 2 + 0.5);
}

/** A skipped start is a hollow diamond; a missed tick, a cross. */
function drawSkip(
  context: Context,
  { x, y }: { x: number; y: number },
  isMissed: boolean,
  colours: PlotColours,
): void {
  context.strokeStyle = isMissed ? colours.states.failed : colours.states.skipped;
  context.lineWidth = 1.5;
  context.beginPath();
  if (isMissed) {
    context.moveTo(x - 4, y - 4);
    context.lineTo(x + 4, y + 4);
    context.moveTo(x + 4, y - 4);
    context.lineTo(x - 4, y + 4);
  } else {
    context.moveTo(x, y - 4);
    context.lineTo(x + 4, y);
    context.lineTo(x, y + 4);
    context.lineTo(x - 4, y);
    context.closePath();
  }
  context.stroke();
}

/** A retry is a gap across the bar with a triangle above it. */
function drawRetry(
  context: Context,
  { x, y, height }: { x: number; y: number; height: number },
  colours: PlotColours,
): void {
  context.fillStyle = colours.surface;
  context.fillRect(x - 1, y, 2, height);
  context.fillStyle = colours.text;
  context.beginPath();
  context.moveTo(x - 4, y - 4);
  context.lineTo(x + 4, y - 4);
  context.lineTo(x, y + 1);
  context.fill();
}

/** Planned ticks are hollow circles; overdue ones have the colour of waits and a mark. */
function drawTicks(context: Context, { axis, colours }: Plot, row: TimelineRow, top: number): void {
  const y = top + rowHeightPx / 2;
  for (const { atMs: ticks } of row.planned) {
    let lastX = Number.NEGATIVE_INFINITY;
    for (const tick of ticks) {
      const x = toX(axis.view, axis.widthPx, tick);
      if (x > axis.widthPx + 5) break;
      if (x < -5 || x - lastX < crampedTickPx) continue;
      lastX = x;
      const isLate = axis.nowMs - tick > lateAfterMs;
      context.strokeStyle = isLate ? colours.states.pending : colours.edge;
      context.lineWidth = 1.5;
      context.beginPath();
      context.arc(x, y, 4, 0, 2 * Math.PI);
      context.stroke();
      if (isLate) {
        context.fillStyle = colours.states.pending;
        context.font = `700 11px ${colours.font}`;
        context.textAlign = 'left';
        context.textBaseline = 'middle';
        context.fillText('late', x + 8, y);
      }
    }
  }
}

/** Counts are columns: their height is the number of runs, failures are at the bottom. */
function drawCells(context: Context, { axis, colours }: Plot, row: TimelineRow, top: number): void {
  if (row.cells.length === 0) return;
  const most = Math.max(...row.cells.map(sumOf));
  const maxHeight = rowHeightPx - 6;
  for (const cell of row.cells) {
    const x = toX(axis.view, axis.widthPx, cell.startMs);
    const width = Math.max(2, toX(axis.view, axis.widthPx, cell.endMs) - x - 1);
    if (x + width < 0 || x > axis.widthPx) continue;
    const total = sumOf(cell);
    const height = 4 + (maxHeight - 4) * Math.sqrt(total / most);
    let bottom = top + rowHeightPx - 3;
    for (const state of ['failed', 'cancelled', 'skipped', 'completed'] as const) {
      if (cell[state] === 0) continue;
      const part = Math.max(2, (height * cell[state]) / total);
      context.fillStyle = colours.states[state];
      context.fillRect(x, bottom - part, width, part);
      bottom -= part;
    }
  }
}

const sumOf = ({ completed, failed, cancelled, skipped }: Cell) => completed + failed + cancelled + skipped;

function drawNow(context: Context, { axis, heightPx, colours }: Plot): void {
  const x = Math.round(toX(axis.view, axis.widthPx, axis.nowMs));
  context.fillStyle = colours.accent;
  context.fillRect(x - 1, 0, 2, heightPx);
}

function drawBrush(context: Context, { axis, brush, heightPx, colours }: Plot): void {
  if (!brush) return;
  const from = toX(axis.view, axis.widthPx, brush.startMs);
  const to = toX(axis.view, axis.widthPx, brush.endMs);
  context.fillStyle = colours.accent;
  context.globalAlpha = 0.15;
  context.fillRect(from, 0, to - from, heightPx);
  context.globalAlpha = 1;
  context.fillRect(from, 0, 1, heightPx);
  context.fillRect(to, 0, 1, heightPx);
}

function createHatch(context: Context, colour: string): CanvasPattern | null {
  const tile = document.createElement('canvas');
  tile.width = 6;
  tile.height = 6;
  const on = tile.getContext('2d');
  if (!on) return null;
  on.strokeStyle = colour;
  on.lineWidth = 1.3;
  on.beginPath();
  for (const shift of [-6, 0, 6]) {
    on.moveTo(shift, 6);
    on.lineTo(shift + 6, 0);
  }
  on.stroke();
  return context.createPattern(tile, 'repeat');
}
