import { stripVTControlCharacters } from 'node:util';

/** A recorded terminal session: asciicast v2 (https://docs.asciinema.org/manual/asciicast/v2/). */
export interface Cast {
  title: string;
  columns: number;
  rows: number;
  events: readonly CastEvent[];
}

/** What the terminal showed at a time since the beginning. */
export interface CastEvent {
  seconds: number;
  text: string;
}

/** Waits are shortened to this: a reader need not wait for a machine that installs packages. */
const maxWaitSeconds = 1.5;

/** Formats a recording as a file for `asciinema play`. */
export function formatCast({ title, columns, rows, events }: Cast): string {
  const head = { version: 2, width: columns, height: rows, title, env: { TERM: 'xterm-256color' } };
  const lines = events.map(({ seconds, text }) => JSON.stringify([roundTime(seconds), 'o', text]));
  return `${[JSON.stringify(head), ...lines].join('\n')}\n`;
}

/**
 * Parses a recording.
 * @throws Error if it is no asciicast v2
 */
export function parseCast(file: string): Cast {
  const [head, ...lines] = file
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  if (!isHead(head)) throw new Error('The first line is no head of an asciicast v2');
  let latest = 0;
  const events = lines.map((line, index) => {
    if (!isEvent(line) || line[0] < latest) throw new Error(`Line ${index + 2} is no event, or too early`);
    latest = line[0];
    return { seconds: line[0], text: line[2] };
  });
  return { title: head.title, columns: head.width, rows: head.height, events };
}

/**
 * Shortens long waits. A line that the terminal redraws does not end a wait: only its last state stays.
 */
export function shortenWaits(events: readonly CastEvent[]): CastEvent[] {
  const shortened: CastEvent[] = [];
  let cutSeconds = 0;
  let lastSeconds = 0;
  for (const [index, { seconds, text }] of events.entries()) {
    const next = events[index + 1];
    if (next !== undefined && isRedraw(text) && isRedraw(next.text)) continue;
    cutSeconds += Math.max(0, seconds - lastSeconds - maxWaitSeconds);
    lastSeconds = seconds;
    shortened.push({ seconds: seconds - cutSeconds, text });
  }
  return shortened;
}

/** The text that remains on the screen, without colours. */
export function readScreenText(events: readonly CastEvent[]): string {
  return stripVTControlCharacters(
    events
      .map(({ text }) => text)
      .join('')
      .replaceAll('\r\n', '\n')
      // A line that was cleared and written again.
      // oxlint-disable-next-line no-control-regex -- what a terminal prints
      .replaceAll(/[^\n]*\r\u001B\[2K/g, ''),
  ).replaceAll(/ +$/gm, '');
}

/** The commands that were typed. */
export function readTypedCommands(events: readonly CastEvent[]): string[] {
  return [...readScreenText(events).matchAll(/^\$ (.+)$/gm)].flatMap(([, command]) => command ?? []);
}

function isRedraw(text: string): boolean {
  return text.startsWith('\r\u001B[2K') && !text.includes('\n');
}

function roundTime(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

interface Head {
  version: 2;
  width: number;
  height: number;
  title: string;
}

function isHead(value: unknown): value is Head {
  if (typeof value !== 'object' || value === null) return false;
  const { version, width, height, title } = value as Record<string, unknown>;
  return version === 2 && Number.isInteger(width) && Number.isInteger(height) && typeof title === 'string';
}

function isEvent(value: unknown): value is [seconds: number, kind: 'o', text: string] {
  if (!Array.isArray(value) || value.length !== 3) return false;
  const [seconds, kind, text] = value as unknown[];
  return typeof seconds === 'number' && kind === 'o' && typeof text === 'string';
}
