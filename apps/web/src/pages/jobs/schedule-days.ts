import type { ScheduleDaysResponse } from '@pumphouse/contract';
import { formatCount } from '../../ui/format.ts';

export type ScheduleDay = ScheduleDaysResponse['days'][number];

/** What a day may show, the most urgent first. */
const kinds = ['failed', 'missed', 'active', 'cancelled', 'skipped', 'completed', 'planned'] as const;
export type DayKind = (typeof kinds)[number];

/** How each kind is shown: always a glyph and a word with the color. `colour`: suffix of a variable in tokens.css. */
export const dayKinds: Record<DayKind, { word: string; glyph: string; colour: string | null }> = {
  failed: { word: 'failed', glyph: '✕', colour: 'failed' },
  missed: { word: 'missed', glyph: '!', colour: 'pending' },
  active: { word: 'active', glyph: '◐', colour: 'running' },
  cancelled: { word: 'cancelled', glyph: '⊘', colour: 'cancelled' },
  skipped: { word: 'skipped', glyph: '⤼', colour: 'skipped' },
  completed: { word: 'completed', glyph: '✓', colour: 'completed' },
  planned: { word: 'planned', glyph: '◌', colour: null },
};

/** What happened on a day and is planned for it, the most urgent first. */
export function listCounts(day: ScheduleDay): { kind: DayKind; count: number }[] {
  return kinds.flatMap((kind) => (day[kind] > 0 ? [{ kind, count: day[kind] }] : []));
}

/** "1 failed, 23 completed" */
export function describeCounts(day: ScheduleDay | undefined): string {
  const counts = day ? listCounts(day) : [];
  if (counts.length === 0) return 'nothing';
  return counts.map(({ kind, count }) => `${formatCount(count)} ${dayKinds[kind].word}`).join(', ');
}
