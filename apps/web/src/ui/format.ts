import { createZonedFormat, nameZone, shownZone, viewersZone } from './time-zone.ts';
import { toWall, toWallDate } from './wall-time.ts';

const counts = new Intl.NumberFormat('en');
const compactCounts = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export const formatCount = (count: number) => counts.format(count);

/** 12,400,000 as 12.4M, for narrow columns. */
export const formatCompactCount = (count: number) => compactCounts.format(count);

const decimals = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });
const smallDecimals = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });
const wholes = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** 0.0042, 3.14, 1,204: as many digits as matter. */
export function formatDecimal(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return wholes.format(value);
  return (size < 0.1 ? smallDecimals : decimals).format(value);
}

const plurals = new Intl.PluralRules('en');

/** Singular or plural by count: `pluralOf(jobs.length, 'needs', 'need')`. */
export const pluralOf = (count: number, one: string, other: string) =>
  plurals.select(count) === 'one' ? one : other;

/** "1 table", "1,204 tables". The only function that formats a count with its noun. */
export const formatNoun = (count: number, noun: string, nouns = `${noun}s`, format = formatCount) =>
  `${format(count)} ${pluralOf(count, noun, nouns)}`;

/** "Last run", "Last 20 runs". */
export const formatLast = (count: number, noun: string) =>
  count === 1 ? `Last ${noun}` : `Last ${formatNoun(count, noun)}`;

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Formats bytes in decimal units, as storage vendors do. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${byteUnits[power]}`;
}

/** 0.42 s, 12 s, 3 min 20 s, 2 h 5 min, 3 d 4 h: at most two units. */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${Number(seconds.toFixed(seconds < 1 ? 2 : 1))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return joinUnits(Math.floor(whole / 60), 'min', whole % 60, 's');
  const minutes = Math.round(whole / 60);
  if (minutes < 24 * 60) return joinUnits(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(minutes / 60);
  return joinUnits(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function joinUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

export const formatPercent = (ratio: number) =>
  `${(ratio * 100).toFixed(ratio > 0.995 && ratio < 1 ? 1 : 0)} %`;

const exact = createZonedFormat({
  weekday: 'short',
  year: 'numeric',
  month: 'short',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
});

/** The instant in the shown zone or another one, to the second. */
export const formatInstant = (at: Date, zone?: string) => exact.format(at, zone);

const timeOfDay = createZonedFormat({ hour: '2-digit', minute: '2-digit' });
const sameYear = createZonedFormat({
  day: '2-digit',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const otherYear = createZonedFormat({ day: '2-digit', month: 'short', year: 'numeric' });

/** The shortest unambiguous form: 06:15, 12 Nov 06:15, 12 Nov 2024. */
export function formatShortInstant(at: Date, now: Date): string {
  const [day, today] = [toWallDate(at.getTime()), toWallDate(now.getTime())];
  if (day === today) return timeOfDay.format(at);
  return day.slice(0, 4) === today.slice(0, 4) ? sameYear.format(at).replace(',', '') : otherYear.format(at);
}

/** "08:00 Tokyo": the time on a job's clock; null if clocks of the shown zone show the same. */
export function formatJobClock(at: Date, zone: string | null | undefined): string | null {
  return hasOtherClock(at, zone) ? `${timeOfDay.format(at, zone)} ${nameZone(zone)}` : null;
}

/** Whether clocks of a zone show another time than those of the shown zone at an instant. */
export function hasOtherClock(at: Date, zone: string | null | undefined): zone is string {
  return zone != null && toWall(at.getTime(), zone) !== toWall(at.getTime());
}

/** The instant in each zone that concerns the viewer, one a line: the shown one first. */
export function describeInstant(at: Date, jobZone: string | null): string {
  const zones = new Set([shownZone(), viewersZone, 'UTC', ...(jobZone === null ? [] : [jobZone])]);
  return [...zones]
    .map((zone) => `${formatInstant(at, zone)}${zone === 'UTC' ? '' : ` (${zone})`}`)
    .join('\n');
}

/** "3 min ago", "in 4 h", "now"; one unit. */
export function formatRelative(at: Date, now: Date): string {
  const seconds = (at.getTime() - now.getTime()) / 1000;
  const size = Math.abs(seconds);
  if (size < 5) return 'now';
  const text = formatOneUnit(size);
  return seconds < 0 ? `${text} ago` : `in ${text}`;
}

function formatOneUnit(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
