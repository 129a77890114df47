import type { PipelineFreshness } from '@pumphouse/contract';
import type { Terminal } from '../terminal/terminal.ts';
import { formatDuration } from '../terminal/format.ts';

/** How old the data is, and whether a schedule requires newer data: `fresh, 2 h old`. */
export function formatFreshness(
  terminal: Pick<Terminal, 'tone'>,
  { why, is_stale: isStale, age_seconds: age }: Pick<PipelineFreshness, 'why' | 'is_stale' | 'age_seconds'>,
): string {
  if (why === 'never_succeeded') return terminal.tone('bad', 'never loaded');
  const old = age === null ? '' : `${/^\S+ \S+/.exec(formatDuration(age))?.[0] ?? ''} old`;
  if (isStale) return `${terminal.tone('warning', 'stale')}, ${old}`;
  return why === 'on_time' ? `${terminal.tone('good', 'fresh')}, ${old}` : old;
}
