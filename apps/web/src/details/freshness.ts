import type { PipelineFreshness } from '@pumphouse/contract';
import type { StateAppearance } from '../ui/run-states.ts';

/** How each freshness reason is displayed. */
const looks: Record<string, StateAppearance> = {
  on_time: { word: 'Fresh', glyph: '✓', colour: 'completed' },
  overdue: { word: 'Stale', glyph: '!', colour: 'pending' },
  never_succeeded: { word: 'No success', glyph: '!', colour: 'failed' },
  schedule_paused: { word: 'Paused', glyph: '‖', colour: 'cancelled' },
  not_scheduled: { word: 'No schedule', glyph: '–', colour: 'cancelled' },
};

/**
 * Returns how freshness is displayed. It is green only if the last run succeeded: a run that is not due yet
 * does not outweigh a failure.
 */
export function freshnessAppearance(
  { why, is_stale: isStale }: Pick<PipelineFreshness, 'why' | 'is_stale'>,
  lastStatus: string | undefined,
): StateAppearance {
  const look = looks[why] ?? { word: isStale ? 'Stale' : 'Unknown', glyph: '?', colour: 'cancelled' };
  return look.colour === 'completed' && lastStatus === 'failed' ? { ...look, colour: 'cancelled' } : look;
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
