import { Temporal } from 'temporal-polyfill';

/** How many days, weeks and months keep their newest backup. */
export interface KeepPolicy {
  days: number;
  weeks: number;
  months: number;
}

const units = { d: 'days', w: 'weeks', m: 'months' } as const;
const partPattern = /^(\d{1,4})([dwm])$/;

/** Reads a policy such as `7d,4w,12m`. @returns null if the text is none */
export function parseKeepPolicy(text: string): KeepPolicy | null {
  const policy: KeepPolicy = { days: 0, weeks: 0, months: 0 };
  for (const part of text.split(',')) {
    const found = partPattern.exec(part.trim());
    if (!found) return null;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the pattern matches these letters only
    policy[units[found[2] as keyof typeof units]] = Number(found[1]);
  }
  return policy.days + policy.weeks + policy.months > 0 ? policy : null;
}

interface DatedBackup {
  id: string;
  takenAt: Date;
}

/**
 * Chooses the backups to keep: the newest one of each of the last days, weeks and months (UTC) that have one, and
 * always the newest of all. Periods without a backup do not count, so a server that was off for a year keeps as many.
 */
export function chooseKept(backups: readonly DatedBackup[], policy: KeepPolicy): Set<string> {
  const newestFirst = backups.toSorted((a, b) => b.takenAt.getTime() - a.takenAt.getTime());
  const kept = new Set(newestFirst.slice(0, 1).map(({ id }) => id));
  for (const [unit, periodOf] of Object.entries(periods)) {
    const seen = new Set<string>();
    for (const { id, takenAt } of newestFirst) {
      const period = periodOf(takenAt);
      if (seen.has(period)) continue;
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys are those of a policy
      if (seen.size >= policy[unit as keyof KeepPolicy]) break;
      seen.add(period);
      kept.add(id);
    }
  }
  return kept;
}

const periods: Record<keyof KeepPolicy, (at: Date) => string> = {
  days: (at) => at.toISOString().slice(0, 10),
  weeks: (at) => {
    const { yearOfWeek, weekOfYear } = Temporal.PlainDate.from(at.toISOString().slice(0, 10));
    return `${yearOfWeek} ${weekOfYear}`;
  },
  months: (at) => at.toISOString().slice(0, 7),
};
