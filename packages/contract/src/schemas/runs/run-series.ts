import { z } from 'zod';
import { namedEnum, responseObject, timestamp } from '../primitives.ts';

export const seriesBucket = namedEnum('SeriesBucket', ['hour', 'day']);
export type SeriesBucket = z.output<typeof seriesBucket>;

/** Maximum buckets in one response: 14 days in hours, or more than a year in days. */
export const maximumSeriesBuckets = 400;

/** Rows of the run list, by outcome. */
const counts = {
  completed: z.int(),
  failed: z.int(),
  cancelled: z.int(),
  skipped: z.int(),
  /** Runs that have not ended yet. */
  active: z.int(),
};

const sums = responseObject('RunSeriesSums', counts);

/**
 * Runs by creation time, filtered like the run list: a bucket counts what the list shows for its start and
 * end. Hours and days are whole in the requested time zone.
 */
export const runSeriesResponse = responseObject('RunSeriesResponse', {
  timezone: z.string(),
  bucket: seriesBucket,
  /** All buckets in order, including empty ones. A day has 23 or 25 hours when the clocks change. */
  buckets: z.array(responseObject('RunSeriesBucket', { start: timestamp, end: timestamp, ...counts })),
  total: sums,
  /** The current state of the workspace, independent of the window. */
  now: responseObject('RunsNowResponse', {
    /** Created in the last 24 hours; the start is rounded to a quarter of an hour. */
    last_24_hours: sums,
    /** Starting, running or being cancelled. */
    running: z.int(),
    /** Waiting for any reason: a slot, a retry, a lock. */
    pending: z.int(),
    /** Jobs in service whose last outcome was a failure. */
    jobs_failing: z.int(),
  }),
});
export type RunSeriesResponse = z.output<typeof runSeriesResponse>;
