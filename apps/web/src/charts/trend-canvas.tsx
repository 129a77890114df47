import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { init, use as register, type EChartsType } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { trendColours, type Trend } from './trend.ts';
import { trendOptions, type ChartStyle } from './trend-options.ts';
import { useThemeStyle } from '../ui/use-theme-style.ts';

register([
  BarChart,
  LineChart,
  GridComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TooltipComponent,
  CanvasRenderer,
]);

interface TrendCanvasProps {
  trend: Trend;
  onPick?: ((index: number) => void) | undefined;
}

/** The canvas of a chart; trend-chart.tsx adds the accessible text. The only module that loads ECharts. */
export default function TrendCanvas({ trend, onPick }: TrendCanvasProps) {
  const element = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<EChartsType | null>(null);
  const look = useThemeStyle(readStyle);
  const pick = useEffectEvent((index: number) => onPick?.(index));
  const isPickable = onPick !== undefined;

  useEffect(() => {
    if (!element.current) return undefined;
    const made = init(element.current, null, { renderer: 'canvas' });
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(element.current);
    setChart(made);
    return () => {
      observer.disconnect();
      made.dispose();
      setChart(null);
    };
  }, []);

  useEffect(() => {
    chart?.setOption(trendOptions(trend, look), { notMerge: true });
  }, [chart, trend, look]);

  useEffect(() => {
    if (!chart || !isPickable) return undefined;
    const surface = chart.getZr();
    // Make the whole column clickable, since short bars are hard to hit.
    const indexAt = (x: number, y: number) =>
      chart.containPixel('grid', [x, y]) ? chart.convertFromPixel({ xAxisIndex: 0 }, x) : null;
    const click = (event: { offsetX: number; offsetY: number }) => {
      const index = indexAt(event.offsetX, event.offsetY);
      if (index !== null) pick(index);
    };
    const move = (event: { offsetX: number; offsetY: number }) =>
      surface.setCursorStyle(indexAt(event.offsetX, event.offsetY) === null ? 'default' : 'pointer');
    surface.on('click', click);
    surface.on('mousemove', move);
    return () => {
      if (chart.isDisposed()) return;
      surface.off('click', click);
      surface.off('mousemove', move);
    };
  }, [chart, isPickable]);

  return <div ref={element} style={{ width: '100%', height: '100%' }} />;
}

/** Current colours. */
function readStyle(): ChartStyle {
  const style = getComputedStyle(document.documentElement);
  const read = (variable: string) => style.getPropertyValue(variable).trim();
  return {
    text: read('--text'),
    quiet: read('--quiet'),
    line: read('--line'),
    surface: read('--surface'),
    raised: read('--raised'),
    font: getComputedStyle(document.body).fontFamily,
    colours: {
      accent: read(trendColours.accent),
      quiet: read(trendColours.quiet),
      completed: read(trendColours.completed),
      failed: read(trendColours.failed),
      running: read(trendColours.running),
      pending: read(trendColours.pending),
      cancelled: read(trendColours.cancelled),
      skipped: read(trendColours.skipped),
    },
  };
}
