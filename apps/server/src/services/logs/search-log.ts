import type { LogLine } from '../../domain/logs/log-line.ts';
import type { LogPart, OpenRunLog, RunLog } from './open-run-log.ts';
import { errorHint, looksLikeError } from '@pumphouse/contract';
import { escapeAsContent } from '../../domain/logs/log-line.ts';
import pLimit from 'p-limit';

export interface LogQuery {
  /** Part of a line's content, case-insensitive; '' matches all lines. */
  text: string;
  source?: LogLine['source'] | undefined;
  ioStream?: LogLine['io_stream'] | undefined;
  onlyErrors: boolean;
  /** Lines up to and including this one are skipped. */
  afterLine: number;
  /** Maximum number of returned line numbers. */
  limit: number;
  /** Aborted when the client disconnects. */
  signal: AbortSignal;
}

export interface LogMatches {
  log: RunLog;
  lineNumbers: number[];
  /** Number of all matches up to `searchedToLine`. */
  matchCount: number;
  searchedToLine: number;
  reachedEnd: boolean;
}

export interface SearchLogOptions {
  /** Time after which a search returns the line to continue from. */
  budgetMs?: number;
}

/**
 * Maximum number of concurrent searches in this process: each occupies a core, and other calls need one too.
 */
const searchesAtOnce = 2;

export type SearchLog = ReturnType<typeof createSearchLog>;

/**
 * Creates the use case that finds the numbers of the matching lines of a run. Reads the log in parts and
 * yields to other work between them.
 */
export function createSearchLog(openRunLog: OpenRunLog, { budgetMs = 500 }: SearchLogOptions = {}) {
  const limit = pLimit(searchesAtOnce);

  return async function searchLog(
    workspaceId: string,
    jobRunId: string,
    query: LogQuery,
  ): Promise<LogMatches> {
    const log = await openRunLog(workspaceId, jobRunId);
    return limit(() => search(log, query, budgetMs));
  };
}

async function search(log: RunLog, query: LogQuery, budgetMs: number): Promise<LogMatches> {
  const startedAt = performance.now();
  const findIn = createPartSearch(query);
  const lineNumbers: number[] = [];
  let matchCount = 0;
  let searchedToLine = query.afterLine;
  let reachedEnd = true;
  const lastLine = log.lineCount - 1;
  for await (const part of log.read(query.afterLine + 1)) {
    for (const lineNumber of findIn(part)) {
      matchCount += 1;
      if (lineNumbers.length < query.limit) lineNumbers.push(lineNumber);
    }
    searchedToLine = part.firstLine + part.lines.length - 1;
    const isOver = query.signal.aborted || performance.now() - startedAt > budgetMs;
    if (!isOver || searchedToLine >= lastLine) continue;
    reachedEnd = false;
    break;
  }
  // Also if lines were removed meanwhile: clients need not request them again.
  if (reachedEnd) searchedToLine = Math.max(query.afterLine, lastLine);
  return { log, lineNumbers, matchCount, searchedToLine, reachedEnd };
}

/** Filters lines in their stored form first, which excludes most of them, before parsing their content. */
function createPartSearch(query: LogQuery): (part: LogPart) => Iterable<number> {
  const text = query.text.toLowerCase();
  const stored = escapeAsContent(text);
  const hints = [
    ...(query.source === undefined ? [] : [`"source":"${query.source}"`]),
    ...(query.ioStream === undefined ? [] : [`"io_stream":"${query.ioStream}"`]),
  ];

  const mayMatch = (json: string) =>
    hints.every((hint) => json.includes(hint)) &&
    (text === '' || json.toLowerCase().includes(stored)) &&
    (!query.onlyErrors || errorHint.test(json));

  function matches({ content, source, io_stream }: LogLine): boolean {
    return (
      (query.source === undefined || source === query.source) &&
      (query.ioStream === undefined || io_stream === query.ioStream) &&
      (text === '' || content.toLowerCase().includes(text)) &&
      (!query.onlyErrors || looksLikeError(content))
    );
  }

  return function* findIn({ firstLine, lines }) {
    for (const [index, json] of lines.entries()) {
      if (mayMatch(json) && matches(JSON.parse(json) as LogLine)) yield firstLine + index;
    }
  };
}
