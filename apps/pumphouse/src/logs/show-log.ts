import { isTerminalRunState, type LogLineExcerpt } from '@pumphouse/contract';
import type { ExitCode } from '../errors/exit-codes.ts';
import { findRun } from '../runs/find-run.ts';
import { nameRun, shortenJobRef } from '../runs/job-name.ts';
import type { Session } from '../session/session.ts';
import { parseAge, parseCount } from '../terminal/parse-value.ts';
import { followRun } from './follow-log.ts';
import { formatLine } from './format-line.ts';
import { createLineFilter, type LineFilter } from './line-filter.ts';
import { readLastLines, readWholeLog } from './read-log.ts';
import { formatJson } from '../terminal/plain-text.ts';

/** The options of `logs`. */
export interface LogOptions {
  follow?: boolean;
  since?: string;
  grep?: string;
  timestamps?: boolean;
  tail?: string;
}

/** Prints the log of a run, or follows it. With `--json`, each line is one JSON object. */
export async function showLog(
  session: Session,
  [name, number]: [name: string, number?: string],
  options: LogOptions,
): Promise<ExitCode | void> {
  const { terminal } = session;
  const { since, tail: tailText, grep, timestamps } = options;
  const filter = { grep, sinceMs: since === undefined ? undefined : Date.now() - parseAge(since) };
  const tail = tailText === undefined ? undefined : parseCount(tailText);
  const run = await findRun(session, name, number);
  if (options.follow) {
    return followRun(session, run, { ...filter, timestamps, ...(tail !== undefined && { fromLine: -tail }) });
  }
  let hasLines = false;
  for await (const line of readShownLines(session, run.id, { filter, tail })) {
    hasLines = true;
    terminal.print(session.isJson ? formatJson(line) : formatLine(terminal, line, options));
  }
  const { job_ref } = run.job;
  const isOver = isTerminalRunState(run.status);
  if (!hasLines) terminal.note(describeNoLines(filter, isOver));
  if (isOver) return;
  const follow = `pumphouse logs ${shortenJobRef(job_ref)} ${run.number} -f`;
  terminal.note(`${nameRun({ job_ref, number: run.number })} is ${run.status}. Follow it: ${follow}`);
}

function describeNoLines({ grep, sinceMs }: LineFilter, isOver: boolean): string {
  if (grep !== undefined || sinceMs !== undefined) return 'No lines match these filters.';
  return isOver ? 'The run printed nothing.' : 'The run has no log lines yet.';
}

interface ShownLines {
  filter: LineFilter;
  /** Only the last lines, of those that match the filter. */
  tail: number | undefined;
}

async function* readShownLines(
  session: Session,
  jobRunId: string,
  { filter, tail }: ShownLines,
): AsyncGenerator<LogLineExcerpt> {
  if (tail !== undefined && filter.grep === undefined && filter.sinceMs === undefined) {
    yield* readLastLines(session, jobRunId, tail);
    return;
  }
  const isShown = createLineFilter(filter);
  let last: LogLineExcerpt[] = [];
  for await (const line of readWholeLog(session, jobRunId)) {
    if (!isShown(line)) continue;
    if (tail === undefined) yield line;
    else last.push(line);
    if (tail !== undefined && last.length > 2 * tail) last = last.slice(-tail);
  }
  if (tail !== undefined) yield* last.slice(-tail);
}
