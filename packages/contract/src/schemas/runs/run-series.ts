import { z } from 'zod';
import { namedEnum, responseObject, timestamp } from '../primitives.ts';

export const seriesBucket = namedEnum('SeriesBucket', ['hour', 'day']);
export type SeriesBucket = z.output<typeof seriesBucket>;

/** Most buckets of one answer: 14 days of hours, or more than a year of days. */
export const maximumSeriesBuckets = 400;

/** Rows of the list of runs, by what became of them. */
const counts = {
  completed: z.int(),
  failed: z.int(),
  cancelled: z.int(),
  skipped: z.int(),
  /** Those that have not ended at this moment. */
  active: z.int(),
};

const sums = responseObject('RunSeriesSums', counts);

/**
 * Runs by the time at which they were made, as the list of runs filters them: a bucket holds what the list shows for its start and
 * end. Hours and days are whole, in the asked time zone.
 */
export const runSeriesResponse = responseObject('RunSeriesResponse', {
  timezone: z.string(),
  bucket: seriesBucket,
  /** All of them, in their order, those without runs too. A day has 23 or 25 hours where clocks move. */
  buckets: z.array(responseObject('RunSeriesBucket', { start: timestamp, end: timestamp, ...counts })),
  total: sums,
  /** The workspace at this moment, whatever window was asked for. */
  now: responseObject('RunsNowResponse', {
    /** Made in the last 24 hours; the first of them to a quarter of an hour. */
    last_24_hours: sums,
    /** Starting, running or being cancelled. */
    running: z.int(),
    /** Waiting for whatever: a place, a retry, a turn. */
    pending: z.int(),
    /** Jobs in service whose last outcome was a failure. */
    jobs_failing: z.int(),
  }),
});
export type RunSeriesResponse = z.output<typeof runSeriesResponse>;
