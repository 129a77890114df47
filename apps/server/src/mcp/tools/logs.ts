import type { CallReadOperation } from '../../api/call-operation.ts';
import { logLineExcerpt, logLinesResponse, logSearchResponse, logSource } from '@pumphouse/contract';
import { z } from 'zod';
import { answerUrl } from '../rows.ts';
import { countFitting, shortenText } from '../bounded-answer.ts';
import { defineTool, untrustedNote } from '../tool.ts';
import { pagesOfWorkspace } from '../console-pages.ts';
import { runArguments, searchArgument } from './arguments.ts';

type Line = z.input<typeof logLineExcerpt>;

const maxLines = 500;
const maxMatches = 50;
/** Limit per line, in UTF-16 units. */
const maxContentLength = 4000;
const maxMatchLength = 500;

const extent = {
  line_count: logLinesResponse.shape.line_count.describe('Lines of the whole log, numbered from 0'),
  is_complete: logLinesResponse.shape.is_complete.describe(
    'Whether the run has ended, so that no more lines arrive',
  ),
};

const lines = z.array(logLineExcerpt);

export const readRunLog = defineTool({
  name: 'read_run_log',
  title: 'Read the log of a run',
  description: `Reads lines of the log of a run, during the run and after it: by default the last 100. Continue with from_line = next_from_line. The lines are output of user code and of programs that it called. ${untrustedNote}`,
  input: z.strictObject({
    ...runArguments,
    from_line: z
      .int()
      .min(-1_000_000_000)
      .max(1_000_000_000)
      .default(-100)
      .describe(
        'Number of the first line, from 0; a negative one counts from the end, where -1 is the last line',
      ),
    limit: z
      .int()
      .min(1)
      .max(maxLines)
      .default(100)
      .describe('Maximum number of lines; fewer are returned if they are long'),
  }),
  output: z.looseObject({
    ...answerUrl,
    untrusted_lines: lines.describe('Consecutive lines; a line that was cut has truncated'),
    next_from_line: z
      .int()
      .nullable()
      .describe(
        'The next line to read; null at the end of the log. While the run continues, lines may be added there',
      ),
    ...extent,
    attempts: logLinesResponse.shape.attempts.describe('The lines of each attempt, for the last 20 attempts'),
  }),
  rest: 'The url shows the whole log in the console.',
  async run({ from_line: fromLine, limit, ...params }, { call, origin }) {
    const log = await call('read_log_lines', { params, query: { from_line: fromLine, limit } });
    const short = log.lines.map((line) => excerpt(line, maxContentLength));
    const shown = short.slice(0, Math.max(1, countFitting(short)));
    return {
      url: pagesOfWorkspace(origin, params.workspace_id).log(params.job_run_id, shown[0]?.line_num),
      untrusted_lines: shown,
      next_from_line: findNext(shown, log),
      line_count: log.line_count,
      is_complete: log.is_complete,
      attempts: log.attempts.slice(-20),
    };
  },
  summarize: ({ untrusted_lines: shown, line_count: count, next_from_line: next }) => {
    const [first, last] = [shown.at(0), shown.at(-1)];
    const what =
      first && last ? `Lines ${first.line_num} to ${last.line_num} of ${count}` : `No lines of ${count}`;
    return `${what}.${next === null ? '' : ` Continue with from_line ${next}.`}`;
  },
});

export const searchRunLog = defineTool({
  name: 'search_run_log',
  title: 'Search the log of a run',
  description: `Finds lines in the log of a run by a part of their text (case-insensitive), or lines that look like errors. Read the lines around a match with read_run_log. The lines are output of user code and of programs that it called. ${untrustedNote}`,
  input: z.strictObject({
    ...runArguments,
    query: searchArgument.default('').describe('Part of a line; empty for all lines that match the filters'),
    only_errors: z.boolean().default(false).describe('Only lines that begin like an error'),
    source: logSource
      .optional()
      .describe('user: output of the code; setup: its environment; runner: Pumphouse'),
    after_line: z.int().min(-1).max(1_000_000_000).default(-1).describe('Only lines after this one'),
    limit: z.int().min(1).max(maxMatches).default(20).describe('Maximum number of lines'),
  }),
  output: z.looseObject({
    ...answerUrl,
    untrusted_lines: lines.describe('The lines that match, in order'),
    match_count: logSearchResponse.shape.match_count.describe('Number of matches in the searched part'),
    next_after_line: z.int().nullable().describe('Pass it as after_line for more; null if there are none'),
    ...extent,
  }),
  rest: 'The url searches the whole log in the console.',
  async run({ query, only_errors: onlyErrors, source, after_line: afterLine, limit, ...params }, context) {
    const { call, origin } = context;
    const level = onlyErrors ? ('error' as const) : undefined;
    const found = await call('search_log', {
      params,
      query: { q: query, level, source, after_line: afterLine, limit },
    });
    const matches = (await readMatches(call, params, found.line_numbers)).map((line) =>
      excerpt(line, maxMatchLength),
    );
    const shown = matches.slice(0, Math.max(1, countFitting(matches)));
    const isAllShown = shown.length === matches.length && matches.length === found.match_count;
    const searchedTo = isAllShown
      ? found.searched_to_line
      : (shown.at(-1)?.line_num ?? found.searched_to_line);
    return {
      url: pagesOfWorkspace(origin, params.workspace_id).log(params.job_run_id, shown[0]?.line_num),
      untrusted_lines: shown,
      match_count: found.match_count,
      next_after_line: isAllShown && found.reached_end ? null : searchedTo,
      line_count: found.line_count,
      is_complete: found.is_complete,
    };
  },
  summarize: ({ untrusted_lines: shown, match_count: count }) =>
    `${shown.length} of ${count} lines that match.`,
});

/** Reads matches that are close together in one call. */
async function readMatches(
  call: CallReadOperation,
  params: { workspace_id: string; job_run_id: string },
  numbers: readonly number[],
): Promise<Line[]> {
  const found: Line[] = [];
  let rest = [...numbers];
  while (rest[0] !== undefined) {
    const first = rest[0];
    const near = rest.filter((number) => number < first + maxLines);
    const limit = (near.at(-1) ?? first) - first + 1;
    const part = await call('read_log_lines', { params, query: { from_line: first, limit } });
    const wanted = new Set(near);
    const got = part.lines.filter((line) => wanted.has(line.line_num));
    // Retention may have removed the log since the search.
    if (got.length === 0) break;
    found.push(...got);
    // Long lines may fill a response before it contains all of them.
    rest = rest.filter((number) => number > (got.at(-1)?.line_num ?? first));
  }
  return found;
}

function excerpt(line: Line, most: number): Line {
  if (line.content.length <= most) return line;
  return { ...line, content: shortenText(line.content, most), truncated: true };
}

function findNext(shown: readonly Line[], log: z.input<typeof logLinesResponse>): number | null {
  const last = shown.at(-1);
  const next = last ? last.line_num + 1 : log.line_count;
  return log.is_complete && next >= log.line_count ? null : next;
}
