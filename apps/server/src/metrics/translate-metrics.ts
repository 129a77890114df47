import type { MetricObjectWithValues, MetricValueWithName } from 'prom-client';
import type { DataPoint, Histogram, MetricData } from '@opentelemetry/sdk-metrics';
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics';
import { ValueType } from '@opentelemetry/api';

/** A metric as prom-client returns it: a histogram has one value for each bucket, its sum and its count. */
export type ReadMetric = MetricObjectWithValues<MetricValueWithName<string>>;

/**
 * Which counters and histograms report changes since the previous export: none, all, or all but those that are
 * read from the process (`lowmemory`).
 */
export type Temporality = 'cumulative' | 'delta' | 'lowmemory';

export interface Translation {
  metrics: MetricData[];
  /** Makes the values the start of the next changes. Call it when the collector has accepted them. */
  accept: () => void;
}

/** What a series had at the last accepted export. */
interface Baseline {
  at: number;
  sum: number;
  count: number;
  buckets: readonly number[];
}

/**
 * Creates a translator of metrics. Names and labels stay as they are at `/metrics`, as the compatibility rules of
 * OpenTelemetry say, so that dashboards work with both.
 * @param startedAtMs when the counters were 0
 */
export function createTranslator({
  startedAtMs,
  temporality,
}: {
  startedAtMs: number;
  temporality: Temporality;
}) {
  let baselines = new Map<string, Baseline>();

  return function translate(metrics: readonly ReadMetric[], nowMs: number): Translation {
    const next = new Map<string, Baseline>();
    const translated = metrics.flatMap((metric): MetricData[] => {
      const common = { descriptor: describe(metric) };
      const isDelta =
        temporality === 'delta' || (temporality === 'lowmemory' && !metric.name.startsWith('process_'));
      const aggregationTemporality = isDelta
        ? AggregationTemporality.DELTA
        : AggregationTemporality.CUMULATIVE;
      const cumulated = { at: startedAtMs, sum: 0, count: 0, buckets: [] };
      const startOf = (key: string): Baseline => (isDelta && baselines.get(key)) || cumulated;
      const endTime = toHrTime(nowMs);
      switch (readType(metric)) {
        case 'counter':
          return [
            {
              ...common,
              aggregationTemporality,
              dataPointType: DataPointType.SUM,
              isMonotonic: true,
              dataPoints: metric.values.map(({ labels, value }) => {
                const key = keyOf(metric.name, labels);
                const start = startOf(key);
                next.set(key, { at: nowMs, sum: value, count: 0, buckets: [] });
                return {
                  startTime: toHrTime(start.at),
                  endTime,
                  attributes: toAttributes(labels),
                  value: value - start.sum,
                };
              }),
            },
          ];
        case 'histogram':
          return [
            {
              ...common,
              aggregationTemporality,
              dataPointType: DataPointType.HISTOGRAM,
              dataPoints: gatherHistograms(metric).map(({ labels, boundaries, ...now }) => {
                const key = keyOf(metric.name, labels);
                const start = startOf(key);
                next.set(key, { at: nowMs, ...now });
                return toHistogramPoint({ labels, boundaries, start, now, endTime });
              }),
            },
          ];
        case 'gauge':
          return [
            {
              ...common,
              aggregationTemporality: AggregationTemporality.CUMULATIVE,
              dataPointType: DataPointType.GAUGE,
              dataPoints: metric.values.map(({ labels, value }) => ({
                startTime: toHrTime(startedAtMs),
                endTime,
                attributes: toAttributes(labels),
                value,
              })),
            },
          ];
        default:
          return [];
      }
    });
    return {
      // A metric without a series has nothing to say.
      metrics: translated.filter(({ dataPoints }) => dataPoints.length > 0),
      accept: () => void (baselines = next),
    };
  };
}

/** prom-client declares an enumeration of numbers and returns names. */
const readType = ({ type }: ReadMetric): string => String(type);

function describe({ name, help }: ReadMetric): MetricData['descriptor'] {
  const base = name.replace(/_total$/, '');
  const unit = base.endsWith('_seconds') ? 's' : base.endsWith('_bytes') ? 'By' : '';
  return { name, description: help, unit, valueType: ValueType.DOUBLE };
}

interface GatheredHistogram {
  labels: Record<string, string>;
  /** Upper limits of all buckets but the last, which has none. */
  boundaries: number[];
  /** Observations in each bucket alone, unlike those of Prometheus. */
  buckets: number[];
  sum: number;
  count: number;
}

function gatherHistograms({ name, values }: ReadMetric): GatheredHistogram[] {
  const found = new Map<string, GatheredHistogram & { below: number }>();
  for (const { metricName, labels, value } of values) {
    const { le, ...own } = toAttributes(labels);
    const key = keyOf(name, own);
    const one = found.get(key) ?? { labels: own, boundaries: [], buckets: [], sum: 0, count: 0, below: 0 };
    found.set(key, one);
    if (metricName === `${name}_sum`) one.sum = value;
    else if (metricName === `${name}_count`) one.count = value;
    else if (le !== undefined) {
      if (le !== '+Inf') one.boundaries.push(Number(le));
      one.buckets.push(value - one.below);
      one.below = value;
    }
  }
  return [...found.values()].map(({ labels, boundaries, buckets, sum, count }) => ({
    labels,
    boundaries,
    buckets,
    sum,
    count,
  }));
}

function toHistogramPoint({
  labels,
  boundaries,
  start,
  now,
  endTime,
}: {
  labels: Record<string, string>;
  boundaries: number[];
  start: Baseline;
  now: Omit<Baseline, 'at'>;
  endTime: DataPoint<Histogram>['endTime'];
}): DataPoint<Histogram> {
  return {
    startTime: toHrTime(start.at),
    endTime,
    attributes: labels,
    value: {
      buckets: { boundaries, counts: now.buckets.map((count, index) => count - (start.buckets[index] ?? 0)) },
      sum: now.sum - start.sum,
      count: now.count - start.count,
    },
  };
}

const keyOf = (name: string, labels: ReadMetric['values'][number]['labels']): string =>
  JSON.stringify([name, ...Object.entries(labels).toSorted(([one], [other]) => (one < other ? -1 : 1))]);

function toAttributes(labels: ReadMetric['values'][number]['labels']): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));
}

function toHrTime(ms: number): [seconds: number, nanoseconds: number] {
  return [Math.floor(ms / 1000), Math.round((ms % 1000) * 1_000_000)];
}
