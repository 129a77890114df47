import type { RunSeriesResponse } from '@pumphouse/contract';

type Bucket = RunSeriesResponse['buckets'][number];

/** States of a bucket from bottom to top. Failures are at the bottom, where they align across columns. */
export const stripStates = ['failed', 'completed', 'active', 'cancelled', 'skipped'] as const;
export type StripState = (typeof stripStates)[number];

export interface StripPart {
  state: StripState;
  count: number;
  /** Offset from the bottom, in the unit of the drawing. */
  y: number;
  height: number;
}

const smallest = 3;

/**
 * Stacks the parts of each bucket. The largest bucket reaches `height`, and every part has a visible minimum
 * height.
 */
export function stackBuckets(buckets: readonly Bucket[], height: number): StripPart[][] {
  const most = Math.max(1, ...buckets.map(sumOf));
  return buckets.map((bucket) => {
    const present = stripStates.filter((state) => bucket[state] > 0);
    const heights = present.map((state) => Math.max(smallest, (bucket[state] / most) * height));
    const total = heights.reduce((sum, each) => sum + each, 0);
    const scale = total > height ? height / total : 1;
    let ground = 0;
    return present.map((state, index) => {
      const part = { state, count: bucket[state], y: ground, height: (heights[index] ?? 0) * scale };
      ground += part.height;
      return part;
    });
  });
}

export function sumOf(bucket: Pick<Bucket, StripState>): number {
  return stripStates.reduce((sum, state) => sum + bucket[state], 0);
}
