import type { RouteQueryInput } from '@pumphouse/contract';

/** Line filters; `errors` is a heuristic. */
export const logFilters = ['errors', 'stdout', 'stderr', 'user', 'setup', 'runner'] as const;
export type LogFilter = (typeof logFilters)[number];

export const logFilterLabels: Record<LogFilter, string> = {
  errors: 'Errors',
  stdout: 'Standard output',
  stderr: 'Standard error',
  user: 'Job',
  setup: 'Environment',
  runner: 'Pumphouse',
};

/** Position in a log as stored in the URL. Line numbers count from 1, as in editors. */
export interface LogPosition {
  find?: string | undefined;
  show?: LogFilter | undefined;
  line?: string | undefined;
  /** Last line of a range. */
  line_end?: string | undefined;
}

type SearchQuery = NonNullable<RouteQueryInput<'search_log'>>;

/** Converts a filter to search parameters. */
export function toSearchQuery(
  filter: LogFilter | undefined,
): Pick<SearchQuery, 'level' | 'io_stream' | 'source'> {
  if (filter === undefined) return {};
  if (filter === 'errors') return { level: 'error' };
  return filter === 'stdout' || filter === 'stderr' ? { io_stream: filter } : { source: filter };
}

/** The selected lines, counted from 0, both ends inclusive; null if none are selected. */
export function readChosen({ line, line_end: end }: LogPosition): { from: number; to: number } | null {
  const [first, last] = [readNumber(line), readNumber(end)];
  if (first === null) return null;
  const other = last ?? first;
  return { from: Math.min(first, other) - 1, to: Math.max(first, other) - 1 };
}

/** URL values may be arbitrary text. */
function readNumber(text: string | undefined): number | null {
  return text !== undefined && /^[1-9]\d{0,9}$/.test(text) ? Number(text) : null;
}
