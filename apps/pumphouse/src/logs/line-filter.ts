import { stripAnsi } from '@pumphouse/client';
import type { LogLineExcerpt } from '@pumphouse/contract';

/** Which lines of a log are shown. */
export interface LineFilter {
  /** Only lines with this text, ignoring case. */
  grep?: string | undefined;
  /** Only lines from this instant on, in milliseconds since 1970. */
  sinceMs?: number | undefined;
}

/** Creates the test of a filter. */
export function createLineFilter({ grep, sinceMs }: LineFilter): (line: LogLineExcerpt) => boolean {
  const text = grep?.toLowerCase();
  return ({ content, reported_at }) => {
    if (sinceMs !== undefined && Date.parse(reported_at) < sinceMs) return false;
    return text === undefined || stripAnsi(content).toLowerCase().includes(text);
  };
}
