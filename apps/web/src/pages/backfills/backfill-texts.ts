import type { BackfillPreviewResponse, BackfillResponse } from '@pumphouse/contract';
import type { StateAppearance } from '../../ui/run-states.ts';
import { dayAppearance, dayStates } from './calendar-days.ts';
import { formatCount, formatDuration } from '../../ui/format.ts';

const appearances: Record<string, StateAppearance> = {
  preparing: { word: 'Preparing', glyph: '◌', colour: 'pending' },
  running: { word: 'Running', glyph: '◐', colour: 'running' },
  paused: { word: 'Paused', glyph: '‖', colour: 'pending' },
  cancelling: { word: 'Cancelling', glyph: '◑', colour: 'pending' },
  completed: { word: 'Completed', glyph: '✓', colour: 'completed' },
  failed: { word: 'Failed', glyph: '✕', colour: 'failed' },
  cancelled: { word: 'Cancelled', glyph: '⊘', colour: 'cancelled' },
};

/** What a retry of any window does to its backfill. */
export const retryResumes =
  'A backfill that has ended, or paused after failures, goes on with all its windows.';

/** @param status may be a status of a newer server that this console does not know */
export function backfillAppearance(status: string): StateAppearance {
  return appearances[status] ?? { word: status, glyph: '?', colour: 'cancelled' };
}

const windowAppearances: Record<string, StateAppearance> = {
  ...appearances,
  waiting: { word: 'Waiting', glyph: '○', colour: 'pending' },
  covered: { word: 'Covered', glyph: '✓', colour: 'completed' },
  skipped: { word: 'Skipped', glyph: '⤼', colour: 'cancelled' },
};

/** @param status may be a status of a newer server that this console does not know */
export function windowAppearance(status: string): StateAppearance {
  return windowAppearances[status] ?? { word: status, glyph: '?', colour: 'cancelled' };
}

/** Joins the times of windows that follow each other. */
export function joinRanges(
  windows: readonly { start: string; end: string }[],
): { start: string; end: string }[] {
  const joined: { start: string; end: string }[] = [];
  for (const { start, end } of windows.toSorted((a, b) => Date.parse(a.start) - Date.parse(b.start))) {
    const last = joined.at(-1);
    if (last?.end === start) last.end = end;
    else joined.push({ start, end });
  }
  return joined;
}

/** Describes the progress of a backfill: "12 of 90 done, 4 running, 1 failed, about 8 min left". */
export function describeProgress({
  counts,
  window_count: total,
  seconds_left: left,
}: BackfillResponse): string {
  const parts = [`${formatCount(counts.completed + counts.covered)} of ${formatCount(total)} done`];
  if (counts.running > 0) parts.push(`${formatCount(counts.running)} running`);
  if (counts.failed > 0) parts.push(`${formatCount(counts.failed)} failed`);
  if (counts.cancelled > 0) parts.push(`${formatCount(counts.cancelled)} cancelled`);
  if (counts.skipped > 0) parts.push(`${formatCount(counts.skipped)} skipped`);
  if (left !== null && left > 0) parts.push(`about ${formatDuration(left)} left`);
  return parts.join(', ');
}

/** Describes what a backfill would load: "Starts 12 runs. Of 31 windows, 19 are completed and 12 missing." */
export function describePreview(
  { counts, window_count: runs, turns_on: turnsOn }: BackfillPreviewResponse,
  parallel: number,
): string {
  const total = dayStates.reduce((sum, state) => sum + counts[state], 0);
  if (total === 0) return 'The range includes no windows of the job.';
  const states = dayStates
    .filter((state) => counts[state] > 0)
    .map((state) => `${formatCount(counts[state])} ${dayAppearance[state].word.toLowerCase()}`);
  const starts =
    runs === 0 ? 'Starts no runs.' : `Starts ${formatCount(runs)} ${runs === 1 ? 'run' : 'runs'}.`;
  const turns =
    turnsOn === null || parallel === 1
      ? ''
      : ` They run one at a time, whatever you choose: each writes with the pipeline ${turnsOn}, which one run has at a time.`;
  return `${starts} Of ${formatCount(total)} ${total === 1 ? 'window' : 'windows'}: ${states.join(', ')}.${turns}`;
}
