import type { JobCalendarResponse } from '@pumphouse/contract';

export type CalendarDay = JobCalendarResponse['days'][number];

/** States of a day, the most urgent first: a day with several kinds of windows shows the first of them. */
export const dayStates = ['running', 'failed', 'invalidated', 'missing', 'completed'] as const;
/** `outside`: no window begins on the day. */
export type DayState = (typeof dayStates)[number] | 'outside';

/** How each state is shown: always a glyph and a word with the color. */
export const dayAppearance: Record<DayState, { word: string; glyph: string }> = {
  completed: { word: 'Completed', glyph: '✓' },
  // Also a window of an open backfill, which no other backfill loads.
  running: { word: 'Running or waiting', glyph: '◐' },
  failed: { word: 'Failed', glyph: '✕' },
  invalidated: { word: 'Invalidated', glyph: '↺' },
  missing: { word: 'Missing', glyph: '○' },
  outside: { word: 'Outside', glyph: '' },
};

export function stateOfDay(day: CalendarDay | undefined): DayState {
  return (day && dayStates.find((state) => day.counts[state] > 0)) ?? 'outside';
}

/** Returns which share of the windows of a day is completed, from 0 to 1. */
export function completedShare({ counts }: CalendarDay): number {
  const total = dayStates.reduce((sum, state) => sum + counts[state], 0);
  return total === 0 ? 0 : counts.completed / total;
}

/** Describes the windows of a day: "3 completed, 21 missing". */
export function describeDay(day: CalendarDay | undefined): string {
  if (!day) return 'outside of the interval';
  return dayStates
    .filter((state) => day.counts[state] > 0)
    .map((state) => `${day.counts[state]} ${dayAppearance[state].word.toLowerCase()}`)
    .join(', ');
}

/** Selected days, in the order in which they were chosen. */
export interface DaySelection {
  anchor: string;
  focus: string;
}

export function isSelectedDay(date: string, selection: DaySelection | null): boolean {
  if (selection === null) return false;
  const [first, last] = orderSelection(selection);
  return date >= first && date <= last;
}

function orderSelection({ anchor, focus }: DaySelection): [string, string] {
  return anchor <= focus ? [anchor, focus] : [focus, anchor];
}

/** Returns the time of the selected days that have windows; null if none has. */
export function rangeOfSelection(
  selection: DaySelection | null,
  days: ReadonlyMap<string, CalendarDay>,
): { start: string; end: string } | null {
  const selected = [...days.values()]
    .filter(({ date }) => isSelectedDay(date, selection))
    .toSorted((one, other) => (one.date < other.date ? -1 : 1));
  const [first, last] = [selected[0], selected.at(-1)];
  return first && last ? { start: first.start, end: last.end } : null;
}
