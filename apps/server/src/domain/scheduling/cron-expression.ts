/**
 * Translates cron syntax as dlt's cron library (croniter) reads it into patterns that croner evaluates.
 * Supported: five fields, an optional sixth for seconds at the END, an optional seventh for years; names,
 * aliases, `?`, wrapped ranges (`22-2`), `L`, `L5`, `5#2`, `15W` and `R`. croner itself puts seconds first
 * and supports neither wrapped ranges nor `L5` nor `R`.
 */

/** A cron expression that is invalid or never occurs; `message` names the part and the reason. */
export class CronSyntaxError extends Error {
  override readonly name = 'CronSyntaxError';
}

interface Field {
  name: string;
  min: number;
  max: number;
  names?: readonly string[];
}

const MONTH_NAMES = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAY_NAMES = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const MINUTE: Field = { name: 'minute', min: 0, max: 59 };
const HOUR: Field = { name: 'hour', min: 0, max: 23 };
const DAY: Field = { name: 'day of month', min: 1, max: 31 };
const MONTH: Field = { name: 'month', min: 1, max: 12, names: MONTH_NAMES };
const WEEKDAY: Field = { name: 'day of week', min: 0, max: 6, names: WEEKDAY_NAMES };
const SECOND: Field = { name: 'second', min: 0, max: 59 };
const YEAR: Field = { name: 'year', min: 1970, max: 2099 };

const ALIASES: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

/**
 * Returns the croner pattern (seven fields, seconds first) for a dlt cron expression. Surrounding spaces are
 * ignored. `R` derives its value from the text of the expression, so every server picks the same value after
 * every restart.
 * @throws {CronSyntaxError} with the part that is invalid
 */
export function toCronerPattern(expression: string): string {
  const text = expression.trim().toLowerCase();
  const parts = (ALIASES[text] ?? text).split(/\s+/);
  const [minute, hour, day, month, weekday, second = '0', year = '*'] = parts;
  if (parts.length > 7 || !minute || !hour || !day || !month || !weekday) {
    throw new CronSyntaxError(
      `expected 5, 6 or 7 fields or an alias such as @daily, got '${expression.trim()}'`,
    );
  }
  return [
    rewriteField(second, SECOND, text),
    rewriteField(minute, MINUTE, text),
    rewriteField(hour, HOUR, text),
    rewriteDay(day, weekday, text),
    rewriteField(month, MONTH, text),
    rewriteWeekday(weekday, day, text),
    rewriteField(year, YEAR, text),
  ].join(' ');
}

function rewriteField(text: string, field: Field, seed: string): string {
  const values = readValues(text, field, seed);
  return values === 'all' ? '*' : listValues(values);
}

function rewriteDay(text: string, weekday: string, seed: string): string {
  const nearest = /^(\d{1,2})w$/.exec(text);
  if (nearest) return rewriteNearestWeekday(Number(nearest[1]), weekday);
  const items = text.split(',');
  const others = items.filter((item) => item !== 'l');
  if (others.length === items.length) return rewriteDayField(text, weekday, DAY, seed);
  if (others.length === 0) return 'L';
  const rewritten = rewriteField(others.join(','), DAY, seed);
  return rewritten === '*' ? '*' : `${rewritten},L`;
}

function rewriteNearestWeekday(day: number, weekday: string): string {
  if (day < 1 || day > 28) {
    throw new CronSyntaxError(`day of month: '${day}W' is supported for days 1 to 28`);
  }
  if (!isEveryDay(weekday)) {
    throw new CronSyntaxError(`day of month: '${day}W' cannot be combined with a day of week`);
  }
  return `${day}W`;
}

function rewriteWeekday(text: string, day: string, seed: string): string {
  const occurrences = text.split(',').map(rewriteWeekdayOccurrence);
  if (occurrences.every((item) => item === null)) return rewriteDayField(text, day, WEEKDAY, seed);
  if (occurrences.includes(null)) {
    throw new CronSyntaxError(`day of week: '${text}' mixes plain weekdays with numbered ones`);
  }
  if (!isEveryDay(day)) {
    // dlt's cron library interprets this combination inconsistently, so it is rejected.
    throw new CronSyntaxError(`day of week: '${text}' cannot be combined with a day of month`);
  }
  return occurrences.join(',');
}

/**
 * croner ORs the two day fields unless one of them is `*`. dlt's library also treats a list of all days as
 * `*` if the other field contains a `*`, including a stepped one such as `*` followed by a step.
 */
function rewriteDayField(text: string, other: string, field: Field, seed: string): string {
  if (text === '?') return '*';
  const values = readValues(text, field, seed);
  if (values === 'all') return '*';
  const isFull = new Set(values).size === field.max - field.min + 1;
  return isFull && other.includes('*') ? '*' : listValues(values);
}

/** Translates `5#2`, `mon-wed#2` or `L5` to croner syntax; returns null for a plain weekday. */
function rewriteWeekdayOccurrence(item: string): string | null {
  const last = /^l([0-7]|[a-z]{3})$/.exec(item)?.[1];
  if (last !== undefined) return `${readValue(last, WEEKDAY) % 7}#L`;
  const [weekdays, nth, extra] = item.split('#');
  if (weekdays === undefined || nth === undefined) return null;
  if (extra !== undefined || !/^[1-5]$/.test(nth)) {
    throw new CronSyntaxError(`day of week: '${item}' needs an occurrence from 1 to 5`);
  }
  return expandItem(weekdays, WEEKDAY)
    .map((weekday) => `${weekday}#${nth}`)
    .join(',');
}

function isEveryDay(text: string): boolean {
  return text === '?' || text.split(',').includes('*');
}

function readValues(text: string, field: Field, seed: string): number[] | 'all' {
  if (text.startsWith('r')) return pickValues(text, field, seed);
  const items = text.split(',');
  const values = items.flatMap((item) => expandItem(item, field));
  return items.includes('*') ? 'all' : values;
}

function expandItem(item: string, field: Field): number[] {
  const match = /^(\*|[a-z0-9]+)(?:-([a-z0-9]+))?(?:\/(\d+))?$/.exec(item);
  const [, first, last, stepText] = match ?? [];
  if (first === undefined || (first === '*' && last !== undefined)) {
    throw new CronSyntaxError(`${field.name}: '${item}' is not understood`);
  }
  const step = stepText === undefined ? 1 : Number(stepText);
  if (step < 1) throw new CronSyntaxError(`${field.name}: the step of '${item}' must be at least 1`);
  if (first === '*') return countUp(field.min, field.max, step);
  const from = readValue(first, field);
  if (last !== undefined) return expandRange(from, readRangeEnd(last, field), step, field);
  const start = wrapWeekday(from, field);
  return stepText === undefined ? [start] : countUp(start, field.max, step);
}

function expandRange(from: number, to: number, step: number, field: Field): number[] {
  const start = wrapWeekday(from, field);
  // dlt's library reads a range from a value to itself (also Sunday as 7 to Sunday as 0) as the whole field.
  if (from === to || (start === to && from > to)) return countUp(field.min, field.max, step);
  if (from < to) return countUp(from, to, step).map((value) => wrapWeekday(value, field));
  if (start < to) return countUp(start, to, step);
  const beforeEnd = countUp(start, field.max, step);
  const left = field.max - (beforeEnd.at(-1) ?? start);
  // If the step does not land on the end of the field, dlt's library continues one value late. Match it.
  const skip = step === left + 1 ? 0 : step - left;
  return [...beforeEnd, ...countUp(field.min + skip, to, step)];
}

/** Picks the values of `R`, `R(10-20)`, `R/15` and `R(0-29)/10`. */
function pickValues(text: string, field: Field, seed: string): number[] {
  const match = /^r(?:\((\d+)-(\d+)\))?(?:\/(\d+))?$/.exec(text);
  if (!match) throw new CronSyntaxError(`${field.name}: '${text}' is not understood`);
  const [, low, high, stepText] = match;
  const min = low === undefined ? field.min : readValue(low, field);
  // Without a range, pick a day that exists in every month.
  const max = high === undefined ? (field === DAY ? 28 : field.max) : readValue(high, field);
  if (max <= min) throw new CronSyntaxError(`${field.name}: the range of '${text}' must go up`);
  const number = hashText(`${seed}|${field.name}`);
  if (stepText === undefined) return [min + (number % (max - min + 1))];
  const step = Number(stepText);
  if (step < 1) throw new CronSyntaxError(`${field.name}: the step of '${text}' must be at least 1`);
  return countUp(min + (number % Math.min(step, max - min + 1)), max, step);
}

function readValue(text: string, field: Field): number {
  const named = field.names?.indexOf(text) ?? -1;
  if (named >= 0) return named + field.min;
  if (!/^\d+$/.test(text)) throw new CronSyntaxError(`${field.name}: '${text}' is not understood`);
  const value = Number(text);
  const max = field === WEEKDAY ? 7 : field.max;
  if (value < field.min || value > max) {
    throw new CronSyntaxError(`${field.name}: ${value} is out of range ${field.min}-${max}`);
  }
  return value;
}

function readRangeEnd(text: string, field: Field): number {
  return text === 'l' && field === DAY ? DAY.max : readValue(text, field);
}

/** Sunday is both 0 and 7. */
function wrapWeekday(value: number, field: Field): number {
  return field === WEEKDAY ? value % 7 : value;
}

function countUp(from: number, to: number, step: number): number[] {
  const values: number[] = [];
  for (let value = from; value <= to; value += step) values.push(value);
  return values;
}

function listValues(values: readonly number[]): string {
  return [...new Set(values)].sort((a, b) => a - b).join(',');
}

/** FNV-1a, 32 bits: distributes well over small ranges and needs no import. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (const char of text) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return hash;
}
