import { shownZone } from '../ui/time-zone.ts';
import { toWall } from '../ui/wall-time.ts';

/** Selectable time ranges in days. The URL holds the number; the default is 30. */
export const dayChoices = ['7', '30', '90', '365'] as const;
export type DayChoice = (typeof dayChoices)[number];

export const usualDays: DayChoice = '30';

/** Time window of an operation: from midnight of the first day in the shown time zone until now. */
export interface DayWindow {
  start: string;
  timezone: string;
}

/**
 * The last `days` days, including today. The window changes only at midnight, so that responses stay
 * cacheable.
 */
export function dayWindow(days: DayChoice = usualDays, now = new Date()): DayWindow {
  const first = new Date(toWall(now.getTime()));
  first.setUTCDate(first.getUTCDate() - (Number(days) - 1));
  return {
    start: `${first.toISOString().slice(0, 10)}T00:00:00`,
    timezone: shownZone(),
  };
}
