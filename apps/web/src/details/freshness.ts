import { freshnessLabels, isFreshnessState, type FreshnessState } from '@pumphouse/contract';
import type { StateAppearance } from '../ui/run-states.ts';

const looks: Record<FreshnessState, Omit<StateAppearance, 'word'>> = {
  failing: { glyph: '✕', colour: 'failed' },
  stale: { glyph: '!', colour: 'pending' },
  never_succeeded: { glyph: '!', colour: 'failed' },
  due: { glyph: '◷', colour: 'pending' },
  fresh: { glyph: '✓', colour: 'completed' },
  schedule_paused: { glyph: '‖', colour: 'cancelled' },
  not_scheduled: { glyph: '–', colour: 'cancelled' },
};

/** @param state may be one of a newer server */
export function freshnessAppearance(state: string): StateAppearance {
  if (!isFreshnessState(state)) return { word: 'Unknown', glyph: '?', colour: 'cancelled' };
  return { word: freshnessLabels[state].word, ...looks[state] };
}

const daySeconds = 86_400;

/**
 * Returns a notice that the figures are old: "The last run was 12 days ago." Null if the last run is recent,
 * measured by the expected interval between runs (one day at least).
 */
export function describeOldFigures(
  lastRunAt: string | null | undefined,
  expectedEverySeconds: number | null,
  now: Date,
): string | null {
  if (lastRunAt == null) return null;
  const ageSeconds = (now.getTime() - new Date(lastRunAt).getTime()) / 1000;
  const usual = Math.max(daySeconds, 2 * (expectedEverySeconds ?? 0));
  if (ageSeconds < 2 * usual) return null;
  return `The last run was ${Math.floor(ageSeconds / daySeconds)} days ago. The figures on this page are from that run or earlier.`;
}
