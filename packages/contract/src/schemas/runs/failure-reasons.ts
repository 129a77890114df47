import { z } from 'zod';
import { openEnum, responseObject } from '../primitives.ts';

/** Most characters of the line that lists show of a failure. */
export const maximumReasonSummary = 120;

/**
 * Why a run, or one of its attempts, failed, in the words of who knows it best: `pipeline`, dlt reported the step that failed;
 * `exception`, Python ended with a traceback; `runtime`, what Pumphouse saw (a timeout, no memory, requirements that cannot be met).
 * What user code wrote is in it: text to be shown, never markup.
 */
export const failureReason = responseObject('FailureReasonResponse', {
  kind: openEnum(z.enum(['pipeline', 'exception', 'runtime'])),
  /** A heading: the class of the exception without its module, else what the code means in a few words. */
  title: z.string(),
  /** One line: the class of the exception without its module, and the first line of its message. */
  summary: z.string(),
  /** Of the failure, as in the last line of the log and in docs/errors. */
  code: z.string(),
  /** With its module, as Python names it; null where no exception is known. */
  exception_type: z.string().nullable(),
  /** At most 2 kB. */
  message: z.string(),
  /** Of dlt: extract, normalize, load, or another that it names. */
  step: z.string().nullable(),
  pipeline_name: z.string().nullable(),
  /** Where exactly one table failed to load. */
  table: z.string().nullable(),
  /** The last frame of the user's own code; `file` is relative to the workspace. */
  location: responseObject('FailureLocationResponse', {
    file: z.string(),
    line: z.int(),
    function: z.string().nullable(),
  }).nullable(),
});
export type FailureReasonResponse = z.output<typeof failureReason>;
