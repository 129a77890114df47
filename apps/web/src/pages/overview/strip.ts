import type { RunSeriesResponse } from '@pumphouse/contract';
import { stackParts, sumOfStates, type StackedPart } from '../../charts/stacked-parts.ts';

type Bucket = RunSeriesResponse['buckets'][number];

/** States of a bucket from bottom to top. Failures are at the bottom, where they align across columns. */
export const stripStates = ['failed', 'completed', 'active', 'cancelled', 'skipped'] as const;
export type StripState = (typeof stripStates)[number];

/** Stacks the runs of each bucket by state. */
export const stackBuckets = (buckets: readonly Bucket[], height: number): StackedPart<StripState>[][] =>
  stackParts(buckets, stripStates, height);

export const sumOf = (bucket: Pick<Bucket, StripState>) => sumOfStates(bucket, stripStates);
