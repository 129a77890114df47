import type { PipelineFreshness } from '@pumphouse/contract';
import type { StateLook } from '../look/run-states.ts';

/** Whether data is as new as it should be, as a state. */
const looks: Record<string, StateLook> = {
  on_time: { word: 'Fresh', glyph: '✓', colour: 'completed' },
  overdue: { word: 'Stale', glyph: '!', colour: 'pending' },
  never_succeeded: { word: 'No success', glyph: '!', colour: 'failed' },
  schedule_paused: { word: 'Paused', glyph: '‖', colour: 'cancelled' },
  not_scheduled: { word: 'No schedule', glyph: '–', colour: 'cancelled' },
};

/**
 * How old data is, as a state. Green only where the last run succeeded: a schedule that has time left does not make up for a failure.
 */
export function freshnessLook(
  { why, is_stale: isStale }: Pick<PipelineFreshness, 'why' | 'is_stale'>,
  lastStatus: string | undefined,
): StateLook {
  const look = looks[why] ?? { word: isStale ? 'Stale' : 'Unknown', glyph: '?', colour: 'cancelled' };
  return look.colour === 'completed' && lastStatus === 'failed' ? { ...look, colour: 'cancelled' } : look;
}

const daySeconds = 86_400;

/**
 * Says plainly that figures are old: "Last run 12 d ago: nothing new since." Null where the last run is within a day, or within the
 * time that lies between two starts.
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
  return `The last run was ${Math.floor(ageSeconds / daySeconds)} days ago: all figures here are of then or before.`;
}
