import type { LogLinesResponse, LogSearchResponse } from '@pumphouse/contract';
import type { LogMatches } from '../../services/logs/search-log.ts';
import type { ReadLines } from '../../services/logs/read-log-lines.ts';
import type { RunLog } from '../../services/logs/open-run-log.ts';

export function toLogLines({ log, lines }: ReadLines): LogLinesResponse {
  const attempts = log.spans.map(({ attempt, firstLine, lineCount }) => ({
    number: attempt.number,
    first_line: firstLine,
    line_count: lineCount,
  }));
  return { lines, ...toExtent(log), attempts };
}

export function toLogSearch(matches: LogMatches): LogSearchResponse {
  return {
    line_numbers: matches.lineNumbers,
    match_count: matches.matchCount,
    searched_to_line: matches.searchedToLine,
    reached_end: matches.reachedEnd,
    ...toExtent(matches.log),
  };
}

function toExtent({ lineCount, isComplete }: RunLog) {
  return { line_count: lineCount, is_complete: isComplete };
}
