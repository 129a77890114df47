import type { Histogram, MetricValueWithName, Registry } from 'prom-client';

export interface DurationHistogramOptions {
  name: string;
  help: string;
  /** The only label; null for a histogram of one series, which is there from the start. */
  labelName: string | null;
  /** Upper limits of the buckets, ascending. A last bucket has no limit. */
  limitsSeconds: readonly number[];
}

/** Counts a duration in the series with this label, which is ignored if the histogram has no label. */
export type ObserveDuration = (label: string, seconds: number) => void;

interface Series {
  /** Observations of each bucket alone; the last is without a limit. */
  counts: Float64Array;
  sumSeconds: number;
}

/**
 * Adds a histogram to the registry. Observing costs a lookup and an addition: the histogram of prom-client checks
 * all labels and finds its buckets by name each time, which was half of what metrics cost the statements of a run.
 */
export function createDurationHistogram(
  registry: Registry,
  { name, help, labelName, limitsSeconds }: DurationHistogramOptions,
): ObserveDuration {
  const limits = Float64Array.from(limitsSeconds);
  const series = new Map<string, Series>();

  function addSeries(label: string): Series {
    const added = { counts: new Float64Array(limits.length + 1), sumSeconds: 0 };
    series.set(label, added);
    return added;
  }
  if (labelName === null) addSeries('');

  async function get() {
    const values = [...series].flatMap(([label, one]) =>
      listSamples(name, labelName === null ? {} : { [labelName]: label }, limitsSeconds, one),
    );
    return { name, help, type: 'histogram', aggregator: 'sum', values };
  }
  const metric: unknown = { name, get };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a registry only reads the name and calls get
  registry.registerMetric(metric as Histogram);

  return (label, seconds) => {
    const one = series.get(labelName === null ? '' : label) ?? addSeries(label);
    const { counts } = one;
    let bucket = 0;
    while (bucket < limits.length && seconds > (limits[bucket] ?? Infinity)) bucket += 1;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
    one.sumSeconds += seconds;
  };
}

/** Lists the samples of one series as Prometheus has them: each bucket includes those before it. */
function listSamples(
  name: string,
  labels: Record<string, string>,
  limitsSeconds: readonly number[],
  { counts, sumSeconds }: Series,
): MetricValueWithName<string>[] {
  let count = 0;
  const buckets = [...counts].map((own, bucket) => {
    count += own;
    const le = limitsSeconds[bucket] ?? '+Inf';
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sumSeconds },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
