/**
 * The model's own calendar. It shares no code with the server's: zones come from Intl, and ticks are found by
 * matching each minute of local time against the cron.
 */
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

interface Shift {
  /** The first instant of the new offset. */
  at: number;
  before: number;
  after: number;
}

/** The offsets of a zone over a period. */
interface Zone {
  first: number;
  shifts: readonly Shift[];
}

export interface ModelClock {
  /** The latest tick at or before an instant; null if none is known. */
  latest(cron: string, zone: string, at: number): number | null;
  /** The first tick after an instant. */
  next(cron: string, zone: string, after: number): number | null;
  isTick(cron: string, zone: string, at: number): boolean;
  /** Parses an ISO text; without an offset it is local time in the zone. */
  instant(text: string, zone: string): number;
}

/** Creates a clock for the ticks between two instants; each cron and zone is computed on first use. */
export function createModelClock(from: number, to: number): ModelClock {
  const zones = new Map<string, Zone>();
  const known = new Map<string, readonly number[]>();

  function zoneOf(name: string): Zone {
    const zone = zones.get(name) ?? readZone(name, from - 2 * dayMs, to + 2 * dayMs);
    zones.set(name, zone);
    return zone;
  }

  function ticksOf(cron: string, zone: string): readonly number[] {
    const key = `${cron}|${zone}`;
    const ticks = known.get(key) ?? listTicks(cron, zoneOf(zone), from, to);
    known.set(key, ticks);
    return ticks;
  }

  /** How many ticks are at or before the instant. */
  function countUntil(ticks: readonly number[], at: number): number {
    let low = 0;
    let high = ticks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ticks[middle] as number) <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function latest(cron: string, zone: string, at: number): number | null {
    const ticks = ticksOf(cron, zone);
    return ticks[countUntil(ticks, at) - 1] ?? null;
  }

  return {
    latest,
    next(cron, zone, after) {
      const ticks = ticksOf(cron, zone);
      return ticks[countUntil(ticks, after)] ?? null;
    },
    isTick: (cron, zone, at) => latest(cron, zone, at) === at,
    instant(text, zone) {
      if (/Z$|[+-]\d\d:\d\d$/.test(text)) return Date.parse(text);
      return instantOf(Date.parse(text.length === 10 ? `${text}T00:00Z` : `${text}Z`), zoneOf(zone));
    },
  };
}

function readZone(name: string, from: number, to: number): Zone {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: name,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  const offsetAt = (at: number): number => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
    return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute')) - at;
  };
  const shifts: Shift[] = [];
  const step = dayMs / 2;
  for (let at = from; at < to; at += step) {
    const before = offsetAt(at);
    const after = offsetAt(at + step);
    if (before === after) continue;
    let low = at;
    let high = at + step;
    while (high - low > minuteMs) {
      const middle = low + Math.floor((high - low) / 2 / minuteMs) * minuteMs;
      if (offsetAt(middle) === before) low = middle;
      else high = middle;
    }
    shifts.push({ at: high, before, after });
  }
  return { first: offsetAt(from), shifts };
}

/**
 * A repeated local time means its first occurrence; a skipped one is shifted forward by the length of the
 * gap.
 */
function instantOf(wall: number, zone: Zone): number {
  let offset = zone.first;
  for (const shift of zone.shifts) {
    if (wall - shift.before < shift.at) break;
    // In the gap: between the old and the new local time of the instant at which the clocks go forward.
    if (wall < shift.at + shift.after) return wall - shift.before;
    offset = shift.after;
  }
  return wall - offset;
}

function listTicks(cron: string, zone: Zone, from: number, to: number): readonly number[] {
  const matches = readCron(cron);
  const ticks = new Set<number>();
  const firstDay = Math.floor(from / dayMs) - 1;
  for (let day = firstDay; day * dayMs <= to + dayMs; day += 1) {
    if (!matches.day(new Date(day * dayMs))) continue;
    for (let minute = 0; minute < 24 * 60; minute += 1) {
      if (!matches.minute(minute)) continue;
      const at = instantOf(day * dayMs + minute * minuteMs, zone);
      if (at >= from && at <= to) ticks.add(at);
    }
  }
  return [...ticks].sort((a, b) => a - b);
}

const aliases: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@weekly': '0 0 * * 0',
};
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** Five fields. If both fields for days are given, matching one is enough. */
function readCron(cron: string) {
  const [minute = '', hour = '', date = '', month = '', weekday = ''] = (aliases[cron] ?? cron).split(' ');
  const minutes = readField(minute, 0, 59);
  const hours = readField(hour, 0, 23);
  const months = readField(month, 1, 12);
  const dates = readField(date === 'L' ? '*' : date, 1, 31);
  const days = readField(
    weekday.replaceAll(/[A-Z]{3}/g, (name) => String(weekdays.indexOf(name))),
    0,
    6,
  );
  const isDate = (at: Date): boolean =>
    date === 'L' ? new Date(at.getTime() + dayMs).getUTCDate() === 1 : dates.has(at.getUTCDate());
  return {
    day(at: Date): boolean {
      if (!months.has(at.getUTCMonth() + 1)) return false;
      if (date === '*') return days.has(at.getUTCDay());
      if (weekday === '*') return isDate(at);
      return isDate(at) || days.has(at.getUTCDay());
    },
    minute: (ofDay: number): boolean => hours.has(Math.floor(ofDay / 60)) && minutes.has(ofDay % 60),
  };
}

function readField(text: string, min: number, max: number): Set<number> {
  const values = new Set<number>();
  for (const item of text.split(',')) {
    const [range = '', step = '1'] = item.split('/');
    const [from, to = item.includes('/') ? max : from] =
      range === '*' ? [min, max] : range.split('-').map(Number);
    for (let value = from as number; value <= (to as number); value += Number(step)) values.add(value);
  }
  return values;
}
