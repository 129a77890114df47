import { z } from 'zod';
import { responseObject, timestamp, uuid } from '../primitives.ts';

/** Maximum length of the range of a calendar of starts. */
export const maximumScheduleDays = 62;

const scheduleDay = responseObject('ScheduleDayResponse', {
  date: z.iso.date(),
  /** The day in the requested time zone. It has 23 or 25 hours when the clocks change. */
  start: timestamp,
  end: timestamp,
  /** Runs that were created on the day, as the run list shows them for its start and end. */
  completed: z.int(),
  failed: z.int(),
  cancelled: z.int(),
  /** Runs that have not ended yet. */
  active: z.int(),
  /** Starts that were skipped while a server was running. */
  skipped: z.int(),
  /** Ticks that came while no server was running, on the day on which a server noticed. */
  missed: z.int(),
  /** Ticks of all clock triggers that are still to come. Assumes that each run completes. */
  planned: z.int(),
});

/** What a job did and is planned to do, by day. */
export const scheduleDaysResponse = responseObject('ScheduleDaysResponse', {
  job_id: uuid,
  timezone: z.string(),
  /** The current time of the database. */
  now: timestamp,
  /** Ticks of a paused or archived job start nothing. */
  is_paused: z.boolean(),
  is_archived: z.boolean(),
  /** All days of the range in order, including empty ones. */
  days: z.array(scheduleDay),
  /** Ticks after this time are not counted, because they are too many; null if all are counted. */
  planned_until: timestamp.nullable(),
});
export type ScheduleDaysResponse = z.output<typeof scheduleDaysResponse>;
