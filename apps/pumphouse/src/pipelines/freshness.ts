import { freshnessLabels, isFreshnessState, type PipelineFreshness } from '@pumphouse/contract';
import type { Terminal } from '../terminal/terminal.ts';
import { formatDuration } from '../terminal/format.ts';

const tones: Record<string, Parameters<Terminal['tone']>[0]> = {
  failing: 'bad',
  never_succeeded: 'bad',
  stale: 'warning',
  due: 'warning',
  fresh: 'good',
};

/** The state of the data, and its age: `fresh, 2 h old`. */
export function formatFreshness(
  terminal: Pick<Terminal, 'tone'>,
  { state, age_seconds: age }: Pick<PipelineFreshness, 'state' | 'age_seconds'>,
): string {
  const word = isFreshnessState(state) ? freshnessLabels[state].word.toLowerCase() : state;
  const text = terminal.tone(tones[state] ?? 'quiet', word);
  return age === null ? text : `${text}, ${/^\S+ \S+/.exec(formatDuration(age))?.[0] ?? ''} old`;
}
