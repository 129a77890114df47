import { toWall } from '../ui/wall-time.ts';

/** A month of a calendar. */
export interface Month {
  year: number;
  /** From 0. */
  month: number;
}

/** Lists `count` months that end with one, oldest first. */
export function listMonths(last: Month, count: number): Month[] {
  return Array.from({ length: count }, (_, index) => shiftMonth(last, index - count + 1));
}

export function shiftMonth({ year, month }: Month, by: number): Month {
  const at = new Date(Date.UTC(year, month + by, 1));
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() };
}

/** Returns the first moment of a month and of the next one as dates without a zone. */
export function boundsOfMonth(month: Month): { start: string; end: string } {
  return { start: `${toDate(month, 1)}T00:00:00`, end: `${toDate(shiftMonth(month, 1), 1)}T00:00:00` };
}

/** Lists the weeks of a month as dates, Monday first; null fills the first and the last week. */
export function listWeeks(month: Month): (string | null)[][] {
  const first = new Date(Date.UTC(month.year, month.month, 1));
  const length = new Date(Date.UTC(month.year, month.month + 1, 0)).getUTCDate();
  const before = (first.getUTCDay() + 6) % 7;
  const cells: (string | null)[] = [
    ...Array.from({ length: before }, () => null),
    ...Array.from({ length }, (_, index) => toDate(month, index + 1)),
  ];
  while (cells.length % 7 !== 0) cells.push(null);
  return Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(week * 7, week * 7 + 7));
}

function toDate({ year, month }: Month, day: number): string {
  return new Date(Date.UTC(year, month, day)).toISOString().slice(0, 10);
}

/** Moves a date by days. */
export function shiftDate(date: string, days: number): string {
  return new Date(new Date(`${date}T00:00:00Z`).getTime() + days * 86_400_000).toISOString().slice(0, 10);
}

/** The heads of the columns of a month. */
export const weekdays = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'] as const;

/** How many days each arrow key moves. */
export const daySteps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

const monthName = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' });
const dayName = new Intl.DateTimeFormat('en', {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC',
});

/** "November 2026" */
export const nameMonth = ({ year, month }: Month): string => monthName.format(Date.UTC(year, month, 1));

/** "November 12, 2026" */
export const nameDay = (date: string): string => dayName.format(new Date(`${date}T00:00:00Z`));

/** Returns the month of a time (ms since 1970) in the shown zone. */
export function monthOf(atMs: number): Month {
  const wall = new Date(toWall(atMs));
  return { year: wall.getUTCFullYear(), month: wall.getUTCMonth() };
}

/** Writes a month as in a URL: "2026-01". */
export const formatMonth = (month: Month): string => toDate(month, 1).slice(0, 7);

/** Reads a month of a URL; null for any other text. */
export function parseMonth(text: string | undefined): Month | null {
  const found = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text ?? '');
  return found ? { year: Number(found[1]), month: Number(found[2]) - 1 } : null;
}
