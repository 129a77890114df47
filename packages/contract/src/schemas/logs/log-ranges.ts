import { z } from 'zod';
import { logLine } from './logs.ts';
import { responseObject } from '../primitives.ts';

/** Most characters that a log is searched for. */
export const longestLogSearch = 500;

/** A line of a log as far as an answer shows it. */
export const logLineExcerpt = responseObject('LogLineExcerpt', {
  ...logLine.shape,
  /** Set where `content` was cut: the line is longer than an answer holds. The download has it whole. */
  truncated: z.literal(true).optional(),
});
export type LogLineExcerpt = z.output<typeof logLineExcerpt>;

/** Where the lines of an attempt stand in the log of its run. */
const logAttempt = responseObject('LogAttemptResponse', {
  number: z.int(),
  first_line: z.int(),
  line_count: z.int(),
});

/** How much of the log there is; the next answer may find more while the run goes on. */
const logExtent = {
  /** Lines of all attempts; the last one has the number `line_count - 1`. */
  line_count: z.int(),
  /** Whether the run is over, so that no line comes any more. */
  is_complete: z.boolean(),
};

export const logLinesResponse = responseObject('LogLinesResponse', {
  /** Without a gap from the first one on; fewer than asked for where they would be too many bytes. */
  lines: z.array(logLineExcerpt),
  ...logExtent,
  attempts: z.array(logAttempt),
});
export type LogLinesResponse = z.output<typeof logLinesResponse>;

export const logSearchResponse = responseObject('LogSearchResponse', {
  /** The first `limit` lines that match, in order. */
  line_numbers: z.array(z.int()),
  /** All lines that match up to `searched_to_line`, also those past `limit`. */
  match_count: z.int(),
  /** The last line that was looked at; `after_line` where there was none. */
  searched_to_line: z.int(),
  /** False where one answer was not enough: ask again with `after_line` = `searched_to_line`. */
  reached_end: z.boolean(),
  ...logExtent,
});
export type LogSearchResponse = z.output<typeof logSearchResponse>;
