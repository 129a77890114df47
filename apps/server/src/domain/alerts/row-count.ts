/** Robust statistics of the rows that earlier runs loaded. */
export interface UsualRows {
  median: number;
  /** Median absolute deviation, scaled to a standard deviation. */
  deviation: number;
}

/** Makes the median absolute deviation of normally distributed values their standard deviation. */
const scaleOfNormal = 1.4826;
/** Runs that always load the same rows have no deviation: then this share of the median counts as one. */
const smallestShare = 0.05;

/**
 * Computes the median of the rows and their spread. Not the mean and standard deviation: one outlier in the
 * history would widen the range so far that the next outlier fits in. Null without values.
 */
export function computeUsualRows(rows: readonly number[]): UsualRows | null {
  const median = medianOf(rows);
  if (median === null) return null;
  const spread = medianOf(rows.map((value) => Math.abs(value - median))) ?? 0;
  return { median, deviation: Math.max(scaleOfNormal * spread, smallestShare * median, 1) };
}

/** How many robust standard deviations a count is off; negative if it is below the median. */
export function measureDeviations(rows: number, { median, deviation }: UsualRows): number {
  return (rows - median) / deviation;
}

/** Returns the median; null without values. */
export function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((left, right) => left - right);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
