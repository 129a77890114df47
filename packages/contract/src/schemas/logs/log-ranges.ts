import { z } from 'zod';
import { logLine } from './logs.ts';
import { responseObject } from '../primitives.ts';

/** Maximum length of a search text for logs. */
export const maxLogSearch = 500;

/** A line of a log, possibly truncated. */
export const logLineExcerpt = responseObject('LogLineExcerpt', {
  ...logLine.shape,
  /**
   * Set if `content` was truncated because the line exceeds the limit of a response. The download has the
   * whole line.
   */
  truncated: z.literal(true).optional(),
});
export type LogLineExcerpt = z.output<typeof logLineExcerpt>;

/** The position of an attempt's lines in the log of its run. */
const logAttempt = responseObject('LogAttemptResponse', {
  number: z.int(),
  first_line: z.int(),
  line_count: z.int(),
});

/** The current size of the log; it may grow while the run is active. */
const logExtent = {
  /** Lines of all attempts; the last one has the number `line_count - 1`. */
  line_count: z.int(),
  /** Whether the run is over, so that no more lines will arrive. */
  is_complete: z.boolean(),
};

export const logLinesResponse = responseObject('LogLinesResponse', {
  /** Consecutive lines from the first one on; fewer than requested if they would exceed the size limit. */
  lines: z.array(logLineExcerpt),
  ...logExtent,
  attempts: z.array(logAttempt),
});
export type LogLinesResponse = z.output<typeof logLinesResponse>;

export const logSearchResponse = responseObject('LogSearchResponse', {
  /** The first `limit` matching lines, in order. */
  line_numbers: z.array(z.int()),
  /** Number of matching lines up to `searched_to_line`, including those past `limit`. */
  match_count: z.int(),
  /** The last line searched; `after_line` if there was none. */
  searched_to_line: z.int(),
  /** False if one response was not enough: repeat the request with `after_line` = `searched_to_line`. */
  reached_end: z.boolean(),
  ...logExtent,
});
export type LogSearchResponse = z.output<typeof logSearchResponse>;
