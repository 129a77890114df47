import { describe, expect, it } from 'vitest';
import { describeTrend, findUsual, largestValue, unitsOf, type TrendSeries } from './trend.ts';
import { trendOptions, type ChartStyle } from './trend-options.ts';
import { runStates } from '../ui/run-states.ts';

const points = [
  { label: '1 Nov', title: 'Sun 1 Nov' },
  { label: '2 Nov', title: 'Mon 2 Nov' },
];

const rows: TrendSeries = { name: 'Rows', unit: 'count', colour: 'accent', kind: 'bar', values: [0, 5428] };
const time: TrendSeries = {
  name: 'Time',
  unit: 'seconds',
  colour: 'running',
  kind: 'line',
  values: [null, 3],
};

const look: ChartStyle = {
  text: '#000',
  quiet: '#555',
  line: '#ddd',
  surface: '#fff',
  raised: '#eee',
  font: 'sans',
  colours: {
    accent: '#0a0',
    quiet: '#888',
    completed: '#0b0',
    failed: '#b00',
    running: '#00b',
    pending: '#bb0',
    cancelled: '#999',
    skipped: '#998',
  },
};

describe('the text alternative of a chart', () => {
  it('contains the extent, and the range and last value of each series', () => {
    expect(describeTrend('Loaded', { points, series: [rows, time] })).toBe(
      'Loaded: 2 points, Sun 1 Nov to Mon 2 Nov. Rows: 0 to 5,428, last 5,428. Time: always 3 s, last 3 s',
    );
  });

  it('reports missing data of the chart or of a series', () => {
    expect(describeTrend('Loaded', { points: [], series: [rows] })).toBe('Loaded: no data');
    const empty = { ...rows, values: [null, null] };
    expect(describeTrend('Loaded', { points, series: [empty] })).toContain('Rows: no values');
  });
});

describe('the axes of a chart', () => {
  it('are one per unit, in the order of the series', () => {
    expect(unitsOf([rows, time, { ...rows, name: 'More rows' }])).toEqual(['count', 'seconds']);
    const { yAxis, series } = trendOptions({ points, series: [rows, time] }, look) as {
      yAxis: unknown[];
      series: { yAxisIndex: number }[];
    };
    expect(yAxis).toHaveLength(2);
    expect(series.map(({ yAxisIndex }) => yAxisIndex)).toEqual([0, 1]);
  });

  it('reach the sum of stacked bars, but not of bars side by side', () => {
    const stacked = [
      { ...rows, stack: 'all', values: [3, 4] },
      { ...rows, name: 'Other', stack: 'all', values: [2, null] },
    ];
    expect(largestValue({ points, series: stacked }, 'count')).toBe(5);
    const beside = stacked.map((series) => ({ ...rows, name: series.name, values: series.values }));
    expect(largestValue({ points, series: beside }, 'count')).toBe(4);
  });
});

describe('the bar of a run', () => {
  it('has the failure colour and glyph even if nothing was loaded', () => {
    const failed = points.map((point) => ({ ...point, state: runStates.failed }));
    const { series } = trendOptions({ points: failed, series: [{ ...rows, values: [null, 7] }] }, look) as {
      series: { data: unknown[] }[];
    };
    const marked = { itemStyle: { color: '#b00' }, label: { show: true, formatter: '✕', color: '#b00' } };
    expect(series[0]?.data).toMatchObject([
      { value: 0, ...marked },
      { value: 7, ...marked },
    ]);
  });
});

describe('the usual values of a chart', () => {
  it('are the middle half of at least eight that differ', () => {
    expect(findUsual([1, 2, 3, 4, null, 5, 6, 7, 100])).toEqual({ low: 2, high: 7 });
    expect(findUsual([1, 2, 3, 4, 5, 6, 7, null])).toBeNull();
    expect(findUsual([5, 5, 5, 5, 5, 5, 5, 5])).toBeNull();
  });

  it('are drawn as a band, and described', () => {
    const trend = { points, series: [rows], usual: { low: 1000, high: 5000 } };
    const { series } = trendOptions(trend, look) as { series: { markArea: { data: unknown } }[] };
    expect(series[0]?.markArea.data).toEqual([[{ yAxis: 1000 }, { yAxis: 5000 }]]);
    expect(describeTrend('Loaded', trend)).toMatch(/Usually 1,000 to 5,000$/);
  });
});

describe('a point of a chart', () => {
  const [first = { label: '', title: '' }, last = { label: '', title: '' }] = points;

  it('is hatched as long as its day is not over', () => {
    const partial = { points: [first, { ...last, isPartial: true }], series: [rows, time] };
    const { series } = trendOptions(partial, look) as { series: { data: unknown[] }[] };
    expect(series[0]?.data).toEqual([
      { value: null },
      { value: 5428, itemStyle: expect.objectContaining({ decal: expect.anything() as unknown }) as unknown },
    ]);
    expect(series[1]?.data).toEqual([null, { value: 3, symbol: 'emptyCircle' }]);
  });

  it('has a line and a text in the tooltip if something changed before it', () => {
    const trend = { points: [first, { ...last, mark: 'Deployment 4' }], series: [rows] };
    const { series, tooltip } = trendOptions(trend, look) as {
      series: { markLine: { data: unknown } }[];
      tooltip: { formatter: (hovered: { dataIndex: number }[]) => string };
    };
    expect(series[0]?.markLine.data).toEqual([{ xAxis: 1 }]);
    expect(tooltip.formatter([{ dataIndex: 1 }])).toBe('Mon 2 Nov\nRows  5,428\n◆ Deployment 4');
  });
});

describe('the tooltip of a chart', () => {
  it('shows full numbers, and a dash for missing values', () => {
    const { tooltip } = trendOptions({ points, series: [rows, time] }, look) as {
      tooltip: { formatter: (hovered: { dataIndex: number }[]) => string; renderMode: string };
    };
    expect(tooltip.formatter([{ dataIndex: 0 }])).toBe('Sun 1 Nov\nRows  0\nTime  –');
    expect(tooltip.formatter([{ dataIndex: 1 }])).toBe('Mon 2 Nov\nRows  5,428\nTime  3 s');
    expect(tooltip.renderMode).toBe('richText');
  });
});
