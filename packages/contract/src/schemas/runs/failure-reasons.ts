import { z } from 'zod';
import { openEnum, responseObject } from '../primitives.ts';

/** Maximum length of the line that lists show for a failure. */
export const maximumReasonSummary = 120;

/**
 * Why a run or one of its attempts failed, from the most specific source: `pipeline`, dlt reported the failed
 * step; `exception`, Python ended with a traceback; `runtime`, observed by Pumphouse (a timeout, out of
 * memory, unsatisfiable requirements). It contains output of user code: display it as text, never as markup.
 */
export const failureReason = responseObject('FailureReasonResponse', {
  kind: openEnum(z.enum(['pipeline', 'exception', 'runtime'])),
  /** A heading: the class of the exception without its module, otherwise a short description of the code. */
  title: z.string(),
  /** One line: the class of the exception without its module, and the first line of its message. */
  summary: z.string(),
  /** The failure code, as in the last line of the log and in docs/errors. */
  code: z.string(),
  /** With its module, as Python names it; null if no exception is known. */
  exception_type: z.string().nullable(),
  /** At most 2 kB. */
  message: z.string(),
  /** The dlt step: extract, normalize, load, or another that dlt names. */
  step: z.string().nullable(),
  pipeline_name: z.string().nullable(),
  /** Set if exactly one table failed to load. */
  table: z.string().nullable(),
  /** The last frame in the user's own code; `file` is relative to the workspace. */
  location: responseObject('FailureLocationResponse', {
    file: z.string(),
    line: z.int(),
    function: z.string().nullable(),
  }).nullable(),
});
export type FailureReasonResponse = z.output<typeof failureReason>;
