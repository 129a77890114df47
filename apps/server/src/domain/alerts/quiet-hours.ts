import { instantOfWallClockMs, wallClockMs } from '../primitives/time-zone.ts';

/** A daily window in which messages wait, on the days on which it begins. */
export interface QuietHours {
  /** 1 is Monday, 7 is Sunday. */
  weekdays: readonly number[];
  /** `HH:MM` on the wall clock of the zone. */
  from: string;
  /** Not later than `from`: on the next day. */
  to: string;
  timeZone: string;
  /** Whether messages of critical rules wait too. */
  holdsCritical: boolean;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** Windows that follow each other without a gap are joined this often; longer quiet is not supported. */
const maxJoinedWindows = 8;

/** Returns when the quiet hours end that an instant is in; null outside of them. */
export function findQuietEnd(quiet: QuietHours, at: Date): Date | null {
  let end: Date | null = null;
  for (let joined = 0; joined < maxJoinedWindows; joined += 1) {
    const next = findWindowEnd(quiet, end ?? at);
    if (next === null) break;
    end = next;
  }
  return end;
}

function findWindowEnd({ weekdays, from, to, timeZone }: QuietHours, at: Date): Date | null {
  const wallMs = wallClockMs(at.getTime(), timeZone);
  const todayMs = Math.floor(wallMs / dayMs) * dayMs;
  const [fromMs, toMs] = [readTimeOfDay(from), readTimeOfDay(to)];
  const lengthMs = toMs > fromMs ? toMs - fromMs : toMs - fromMs + dayMs;
  // A window of the day before may reach into today.
  for (const startMs of [todayMs - dayMs + fromMs, todayMs + fromMs]) {
    const endMs = startMs + lengthMs;
    if (weekdays.includes(weekdayOf(startMs)) && wallMs >= startMs && wallMs < endMs) {
      const end = new Date(instantOfWallClockMs(endMs, timeZone));
      // A wall clock that goes back may show the end of the window before its start.
      return end > at ? end : null;
    }
  }
  return null;
}

function readTimeOfDay(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return (hours * 60 + minutes) * minuteMs;
}

/** 1 January 1970 was a Thursday. */
function weekdayOf(wallMs: number): number {
  return ((Math.floor(wallMs / dayMs) + 3) % 7) + 1;
}
