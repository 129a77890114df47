import type { Terminal, Tone } from './terminal.ts';

const tones: Record<string, Tone> = {
  completed: 'good',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'warning',
  cancelling: 'warning',
  skipped: 'quiet',
  running: 'accent',
  starting: 'accent',
  pending: 'quiet',
};

/** Colours the status of a run by its meaning. */
export function formatStatus(terminal: Terminal, status: string): string {
  const tone = tones[status];
  return tone === undefined ? status : terminal.tone(tone, status);
}

/** A duration in its two largest units: `1 h 4 min`, `12.3 s`. */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '';
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return withRest(minutes, 'min', Math.round(seconds % 60), 's');
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return withRest(hours, 'h', minutes % 60, 'min');
  return withRest(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function withRest(whole: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${whole} ${unit}` : `${whole} ${unit} ${rest} ${restUnit}`;
}

/** How long ago or until an instant, such as `5 min ago` or `in 2 h`. */
export function formatRelative(instant: string | null | undefined, nowMs = Date.now()): string {
  if (instant === null || instant === undefined) return '';
  const seconds = (Date.parse(instant) - nowMs) / 1000;
  if (Math.abs(seconds) < 5) return 'now';
  const [largest = ''] = /^\S+ \S+/.exec(formatDuration(Math.round(Math.abs(seconds)))) ?? [];
  const distance = largest.replace(/\.\d/, '');
  return seconds < 0 ? `${distance} ago` : `in ${distance}`;
}

/** An instant in the time zone of the machine: `2026-11-29 09:15:02`. */
export function formatInstant(instant: string | null | undefined): string {
  if (instant === null || instant === undefined) return '';
  return new Date(instant).toLocaleString('sv-SE');
}

const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** A size in decimal units: `12.3 MB`. */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return '';
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** A number with thousands separated: `1,234,567`. */
export function formatCount(count: number | null | undefined): string {
  return count === null || count === undefined ? '' : count.toLocaleString('en-US');
}
