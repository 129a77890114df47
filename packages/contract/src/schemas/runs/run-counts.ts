import { z } from 'zod';
import { responseObject, timestamp } from '../primitives.ts';

/** Maximum buckets in one response. */
export const maximumCountBuckets = 120;

/** Maximum runs that are counted one by one. Runs of a workspace without filters are summed in advance. */
export const maximumCountedRuns = 20_000;

/** Runs by state. */
const counts = {
  pending: z.int(),
  /** Starting, running or being cancelled. */
  running: z.int(),
  completed: z.int(),
  failed: z.int(),
  cancelled: z.int(),
  skipped: z.int(),
};

/** The runs of a filtered list by state, in total and by time of creation. */
export const runCountsResponse = responseObject('RunCountsResponse', {
  /** The requested range; without a start, the time of the oldest counted run. */
  start: timestamp,
  end: timestamp,
  bucket_seconds: z.int(),
  /** All buckets in order, including empty ones. Those at the ends are cut to the range. */
  buckets: z.array(responseObject('RunCountsBucket', { start: timestamp, end: timestamp, ...counts })),
  total: responseObject('RunCountsSums', counts),
  /** Set if there are too many runs: earlier runs than this are not counted. */
  counted_from: timestamp.nullable(),
});
export type RunCountsResponse = z.output<typeof runCountsResponse>;
