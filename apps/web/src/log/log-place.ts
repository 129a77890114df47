import type { RouteQueryInput } from '@pumphouse/contract';

/** Which lines are shown; `errors` by a guess. */
export const logFilters = ['errors', 'stdout', 'stderr', 'user', 'setup', 'runner'] as const;
export type LogFilter = (typeof logFilters)[number];

export const logFilterWords: Record<LogFilter, string> = {
  errors: 'Errors',
  stdout: 'Standard output',
  stderr: 'Standard error',
  user: 'Of the job',
  setup: 'Of the environment',
  runner: 'Of Pumphouse',
};

/** What of a log is looked at, as the address of the page has it. Lines are numbered from 1 there, as people and editors do. */
export interface LogPlace {
  find?: string | undefined;
  show?: LogFilter | undefined;
  line?: string | undefined;
  /** The last line, where several are chosen. */
  line_end?: string | undefined;
}

type SearchQuery = NonNullable<RouteQueryInput<'search_log'>>;

/** The part of a search that a filter is. */
export function toSearchQuery(
  filter: LogFilter | undefined,
): Pick<SearchQuery, 'level' | 'io_stream' | 'source'> {
  if (filter === undefined) return {};
  if (filter === 'errors') return { level: 'error' };
  return filter === 'stdout' || filter === 'stderr' ? { io_stream: filter } : { source: filter };
}

/** The chosen lines as numbers from 0 on, both included; null where none are. */
export function readChosen({ line, line_end: end }: LogPlace): { from: number; to: number } | null {
  const [first, last] = [readNumber(line), readNumber(end)];
  if (first === null) return null;
  const other = last ?? first;
  return { from: Math.min(first, other) - 1, to: Math.max(first, other) - 1 };
}

/** The words of an address may be anything. */
function readNumber(text: string | undefined): number | null {
  return text !== undefined && /^[1-9]\d{0,9}$/.test(text) ? Number(text) : null;
}
