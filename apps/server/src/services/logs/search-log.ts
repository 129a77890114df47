import type { LogLine } from '../../domain/logs/log-line.ts';
import type { LogPart, OpenRunLog, RunLog } from './open-run-log.ts';
import { errorHint, looksLikeError } from '@pumphouse/contract';
import { escapeAsContent } from '../../domain/logs/log-line.ts';
import { createTurns } from '../../platform/turns.ts';

export interface LogQuery {
  /** Part of what a line says, in any case; '' for all lines. */
  text: string;
  source?: LogLine['source'] | undefined;
  ioStream?: LogLine['io_stream'] | undefined;
  onlyErrors: boolean;
  /** Lines up to this one are not looked at. */
  afterLine: number;
  /** Of line numbers that are given. */
  limit: number;
  /** Aborted when nobody waits for the answer any more. */
  signal: AbortSignal;
}

export interface LogMatches {
  log: RunLog;
  lineNumbers: number[];
  /** All that match up to `searchedToLine`. */
  matchCount: number;
  searchedToLine: number;
  reachedEnd: boolean;
}

export interface SearchLogOptions {
  /** After which an answer says where to go on. */
  budgetMs?: number;
}

/** What goes on at once in this process: a search takes a core while it lasts, and other calls need one too. */
const searchesAtOnce = 2;

/** Gives the numbers of the lines of a run that match. Reads the log part by part, and lets others run between them. */
export function createSearchLog(openRunLog: OpenRunLog, { budgetMs = 500 }: SearchLogOptions = {}) {
  const takeTurn = createTurns(searchesAtOnce);

  return async function searchLog(
    workspaceId: string,
    jobRunId: string,
    query: LogQuery,
  ): Promise<LogMatches> {
    const log = await openRunLog(workspaceId, jobRunId);
    return takeTurn(() => search(log, query, budgetMs));
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
  // Also where lines are gone meanwhile: nobody needs to ask for them again.
  if (reachedEnd) searchedToLine = Math.max(query.afterLine, lastLine);
  return { log, lineNumbers, matchCount, searchedToLine, reachedEnd };
}

/** Lines are looked at as they are stored, which most of them do not pass, before what they say is read. */
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
