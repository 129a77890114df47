import { viewersZone } from '../ui/time-zone.ts';

/** Selectable time ranges in days. The URL holds the number; the default is 30. */
export const dayChoices = ['7', '30', '90', '365'] as const;
export type DayChoice = (typeof dayChoices)[number];

export const usualDays: DayChoice = '30';

/** Time window of an operation: from midnight of the first day in the viewer's time zone until now. */
export interface DayWindow {
  start: string;
  timezone: string;
}

/**
 * The last `days` days, including today. The window changes only at midnight, so that responses stay
 * cacheable.
 */
export function dayWindow(days: DayChoice = usualDays, now = new Date()): DayWindow {
  const first = new Date(now.getFullYear(), now.getMonth(), now.getDate() - (Number(days) - 1));
  const [month, day] = [first.getMonth() + 1, first.getDate()].map((part) => String(part).padStart(2, '0'));
  return {
    start: `${first.getFullYear()}-${month}-${day}T00:00:00`,
    timezone: viewersZone,
  };
}
