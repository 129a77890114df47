import type { EChartsCoreOption } from 'echarts/core';
import { fitAxis } from './value-axis.ts';
import {
  formatTick,
  formatValue,
  largestValue,
  unitsOf,
  type Trend,
  type TrendColour,
  type TrendPoint,
  type TrendSeries,
  type TrendUnit,
} from './trend.ts';

/** Current colours of a chart, as `#rrggbb`. */
export interface ChartStyle {
  text: string;
  quiet: string;
  line: string;
  surface: string;
  raised: string;
  font: string;
  colours: Record<TrendColour, string>;
}

/**
 * ECharts options of a trend. Animation is off, since a chart that follows live events would never come to
 * rest.
 */
export function trendOptions(trend: Trend, look: ChartStyle): EChartsCoreOption {
  const units = unitsOf(trend.series);
  return {
    animation: false,
    textStyle: { fontFamily: look.font, color: look.quiet },
    grid: { left: 4, right: 4, top: 12, bottom: 3, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    xAxis: {
      type: 'category',
      data: trend.points.map(({ label }) => label),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: look.line } },
      axisLabel: { color: look.quiet, fontSize: 10, hideOverlap: true },
    },
    yAxis: units.map((unit, index) => valueAxis(unit, { isRight: index > 0, trend, look })),
    tooltip: tooltip(trend, look),
    series: trend.series.map((series, index) => ({
      ...seriesOption(series, {
        axis: units.indexOf(series.unit),
        look,
        points: trend.points,
        isFirst: index === 0,
      }),
      ...(index === 0 && { markArea: usualArea(trend, look), markLine: markLines(trend, look) }),
    })),
  };
}

/** The band in which values usually are. */
function usualArea({ usual }: Trend, look: ChartStyle): object | undefined {
  if (!usual) return undefined;
  return {
    silent: true,
    itemStyle: { color: look.quiet, opacity: 0.14 },
    data: [[{ yAxis: usual.low }, { yAxis: usual.high }]],
  };
}

/** A dashed line before each point at which something changed; the tooltip says what. */
function markLines({ points }: Trend, look: ChartStyle): object | undefined {
  const data = points.flatMap(({ mark }, xAxis) => (mark == null ? [] : [{ xAxis }]));
  if (data.length === 0) return undefined;
  return {
    silent: true,
    symbol: 'none',
    label: { show: true, formatter: '◆', color: look.quiet, fontSize: 9, distance: 1 },
    lineStyle: { color: look.quiet, type: [2, 3], width: 1 },
    data,
  };
}

interface AxisPosition {
  isRight: boolean;
  trend: Trend;
  look: ChartStyle;
}

function valueAxis(unit: TrendUnit, { isRight, trend, look }: AxisPosition): object {
  const most = largestValue(trend, unit);
  return {
    type: 'value',
    min: 0,
    ...fitAxis(unit, most),
    axisLabel: {
      color: look.quiet,
      fontSize: 10,
      formatter: (value: number) => (most === 0 && value > 0 ? '' : formatTick(unit, value)),
    },
    // Split lines of two axes would overlap without meaning.
    splitLine: { show: !isRight, lineStyle: { color: look.line } },
  };
}

/**
 * Rendered on the canvas: the content security policy forbids the style attributes of ECharts' HTML tooltips.
 */
function tooltip({ points, series }: Trend, look: ChartStyle): object {
  return {
    trigger: 'axis',
    renderMode: 'richText',
    confine: true,
    transitionDuration: 0,
    backgroundColor: look.surface,
    borderColor: look.line,
    padding: [6, 8],
    textStyle: { color: look.text, fontSize: 12 },
    axisPointer: { type: 'shadow', shadowStyle: { color: look.raised, opacity: 0.6 } },
    formatter: (hovered: readonly { dataIndex: number }[]) => {
      const index = hovered[0]?.dataIndex ?? 0;
      const lines = series.map(({ name, unit, values }) => `${name}  ${formatValue(unit, values[index])}`);
      const mark = points[index]?.mark ?? null;
      return [points[index]?.title ?? '', ...lines, ...(mark === null ? [] : [`◆ ${mark}`])].join('\n');
    },
  };
}

interface SeriesPosition {
  axis: number;
  look: ChartStyle;
  points: readonly TrendPoint[];
  /** Only the bars of the first series have the states of the points. */
  isFirst: boolean;
}

function seriesOption(series: TrendSeries, { axis, look, points, isFirst }: SeriesPosition): object {
  const colour = look.colours[series.colour];
  const shared = {
    name: series.name,
    yAxisIndex: axis,
    itemStyle: { color: colour },
    emphasis: { disabled: true },
  };
  if (series.kind === 'line') {
    return {
      ...shared,
      type: 'line',
      data: series.values.map((value, index) =>
        points[index]?.isPartial === true ? { value, symbol: 'emptyCircle' } : value,
      ),
      lineStyle: { width: 2, color: colour },
      symbol: 'circle',
      symbolSize: 5,
      // A single value between two gaps would be invisible as a line.
      showSymbol: series.values.length <= 60,
      connectNulls: false,
    };
  }
  return {
    ...shared,
    type: 'bar',
    stack: series.stack,
    barMaxWidth: 28,
    barMinHeight: 1,
    barCategoryGap: '20%',
    data: series.values.map((value, index) => {
      const { state, isPartial } = points[index] ?? {};
      return isPartial === true
        ? { value: value === 0 ? null : value, itemStyle: { color: colour, decal: hatching(look) } }
        : barOf(value, isFirst ? state : undefined, look);
    }),
  };
}

/** Lines across a bar whose day is not over. */
const hatching = (look: ChartStyle): object => ({
  symbol: 'rect',
  color: look.surface,
  dashArrayX: [1, 0],
  dashArrayY: [2, 3],
  rotation: -Math.PI / 4,
});

function barOf(value: number | null, state: TrendPoint['state'], look: ChartStyle): object {
  // Null rather than 0 draws nothing; 0 would draw the minimum height.
  if (!state) return { value: value === 0 ? null : value };
  const colour = look.colours[state.colour];
  if (state.colour === 'completed') return { value };
  // A run that loaded nothing has no bar, but its glyph is still drawn on the axis.
  return {
    value: value ?? 0,
    itemStyle: { color: colour },
    label: { show: true, position: 'top', distance: 1, color: colour, fontSize: 10, formatter: state.glyph },
  };
}
