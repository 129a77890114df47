/** The summary of several rounds of one measurement. */
export interface Summary {
  median: number;
  min: number;
  max: number;
  /** Set if one round has many values, such as log lines. */
  p95: number | null;
  count: number;
}

/** @throws Error without any values */
export function summarize(values: readonly number[], options: { withP95?: boolean } = {}): Summary {
  const sorted = values.toSorted((left, right) => left - right);
  return {
    median: quantile(sorted, 0.5),
    min: quantile(sorted, 0),
    max: quantile(sorted, 1),
    p95: options.withP95 ? quantile(sorted, 0.95) : null,
    count: sorted.length,
  };
}

/** Interpolates linearly between two values. */
function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) throw new Error('There is nothing to summarize');
  return below + (above - below) * (position - Math.floor(position));
}
