import type { Plot } from './draw-plot.ts';
import { createZonedFormat } from '../../../ui/time-zone.ts';
import { listAxisMarks, toX } from './time-view.ts';
import { rulerHeightPx } from './plot-sizes.ts';

const nowWidthPx = 34;

const time = createZonedFormat({ hour: '2-digit', minute: '2-digit' });
const day = createZonedFormat({ weekday: 'short', day: 'numeric', month: 'short' });

/** Draws the labels of the axis in the shown zone, the word "now" and the selected range. */
export function drawRuler(context: CanvasRenderingContext2D, { axis, colours, brush }: Plot): void {
  const { view, widthPx, nowMs } = axis;
  context.fillStyle = colours.surface;
  context.fillRect(0, 0, widthPx, rulerHeightPx);
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  const nowX = toX(view, widthPx, nowMs);
  for (const { atMs, isMidnight } of listAxisMarks(view, widthPx)) {
    const x = Math.round(toX(view, widthPx, atMs));
    context.fillStyle = isMidnight ? colours.edge : colours.line;
    context.fillRect(x, isMidnight ? 4 : 12, 1, rulerHeightPx);
    context.fillStyle = isMidnight ? colours.text : colours.quiet;
    context.font = `${isMidnight ? 600 : 400} 11px ${colours.font}`;
    const label = (isMidnight ? day : time).format(atMs);
    // The word "now" has precedence.
    if (x < nowX + nowWidthPx && x + 5 + context.measureText(label).width > nowX - 4) continue;
    context.fillText(label, x + 5, rulerHeightPx / 2);
  }
  if (brush) {
    const from = toX(view, widthPx, brush.startMs);
    context.fillStyle = colours.accent;
    context.globalAlpha = 0.25;
    context.fillRect(from, 0, toX(view, widthPx, brush.endMs) - from, rulerHeightPx);
    context.globalAlpha = 1;
  }
  if (nowX < -20 || nowX > widthPx + 20) return;
  context.fillStyle = colours.accent;
  context.fillRect(Math.round(nowX) - 1, 0, 2, rulerHeightPx);
  context.font = `600 11px ${colours.font}`;
  context.fillText('now', nowX + 5, rulerHeightPx / 2);
}
