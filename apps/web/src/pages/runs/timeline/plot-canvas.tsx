import { useLayoutEffect, useRef } from 'react';
import classes from './timeline.module.css';
import { drawPlot, type Plot } from './draw-plot.ts';
import { drawRuler } from './draw-ruler.ts';

interface PlotCanvasProps {
  kind: 'rows' | 'ruler';
  drawing: Plot;
  heightPx: number;
}

/** A canvas that is drawn again after each render, in the resolution of the screen. */
export function PlotCanvas({ kind, drawing, heightPx }: PlotCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { widthPx } = drawing.axis;
  useLayoutEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d', { alpha: false });
    if (!element || !context || widthPx === 0) return;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(widthPx * ratio), Math.round(heightPx * ratio)];
    // Setting the size clears the canvas and costs time, even if it stays the same.
    if (element.width !== width) element.width = width;
    if (element.height !== height) element.height = height;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (kind === 'ruler') drawRuler(context, drawing);
    else drawPlot(context, drawing);
  });
  return <canvas ref={canvas} className={classes.canvas} style={{ height: heightPx }} aria-hidden="true" />;
}
