/** How many days figures can be of. The address has the number; 30 where it has none. */
export const dayChoices = ['7', '30', '90', '365'] as const;
export type DayChoice = (typeof dayChoices)[number];

export const usualDays: DayChoice = '30';

/** What operations take as their window: from the midnight with which the first day began where the viewer is, up to now. */
export interface DayWindow {
  start: string;
  timezone: string;
}

/** The last `days` days, today among them. It changes at midnight only, so that an answer can be kept. */
export function dayWindow(days: DayChoice = usualDays, now = new Date()): DayWindow {
  const first = new Date(now.getFullYear(), now.getMonth(), now.getDate() - (Number(days) - 1));
  const [month, day] = [first.getMonth() + 1, first.getDate()].map((part) => String(part).padStart(2, '0'));
  return {
    start: `${first.getFullYear()}-${month}-${day}T00:00:00`,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}
