/**
 * Readers for JSON that user code can shape as it likes. None of them throws; each gives a value that fits a Postgres
 * column (no NUL, no lone surrogate, no number past a safe integer) or says that there is none.
 */

export type JsonRecord = Record<string, unknown>;

/** Why a beacon body cannot be used. `detail` is for the log line and the operator. */
export interface BeaconProblem {
  code: 'malformed_beacon';
  detail: string;
}

export type Parsed<T> = { ok: true; facts: T } | { ok: false; problem: BeaconProblem };

export interface JsonBounds {
  /** Nesting of arrays and objects. */
  maxDepth: number;
  /** Values of any kind, counted one by one. */
  maxValues: number;
}

/** Names are in indexes, up to three in one, whose entries have 2,704 bytes at most: a longer name could not be stored. */
const NAME_LENGTH = 256;
const UNICODE_NUL = /\0/g;
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(\.\d+)?(Z|[+-]\d{2}:?\d{2})?$/;

export function refuseBeacon(detail: string): { ok: false; problem: BeaconProblem } {
  return { ok: false, problem: { code: 'malformed_beacon', detail } };
}

/** The value as an object with string keys; an empty one for arrays, null and everything else. */
export function readRecord(value: unknown): JsonRecord {
  return isRecord(value) ? value : {};
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An own property only: a body must not be able to name `constructor` and reach a prototype. */
export function readField(record: JsonRecord, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** The records in an array field, leaving out whatever is not one. Empty when the field is no array. */
export function readRecords(record: JsonRecord, key: string): JsonRecord[] {
  const value = readField(record, key);
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** A non-empty name, cut at 256 characters, or null. */
export function readName(record: JsonRecord, key: string): string | null {
  const value = readField(record, key);
  return typeof value === 'string' && value !== '' ? cutText(value, NAME_LENGTH) : null;
}

/** Text of any length cut at `maxLength` UTF-16 units, or null. */
export function readText(record: JsonRecord, key: string, maxLength: number): string | null {
  const value = readField(record, key);
  return typeof value === 'string' ? cutText(value, maxLength) : null;
}

/** The text without NUL and lone surrogates (Postgres stores neither), saying so where it was cut. */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return cleanText(text);
  const mark = `… [${text.length - maxLength} more characters]`;
  const kept = text.slice(0, Math.max(0, maxLength - mark.length));
  return cleanText(kept).replace(/�$/, '') + mark;
}

function cleanText(text: string): string {
  return text.replace(UNICODE_NUL, '�').toWellFormed();
}

/** The most that a Postgres `integer` holds. */
export const MAX_INTEGER = 2 ** 31 - 1;

/** A count or size: a whole number from 0 to `max` (2^53 - 1), or null for what is no finite, non-negative number. */
export function readCount(
  record: JsonRecord,
  key: string,
  max: number = Number.MAX_SAFE_INTEGER,
): number | null {
  const value = readField(record, key);
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) return null;
  return Math.min(Math.floor(value) + 0, max);
}

/** Adds two counts without leaving the safe integers; null means unknown and adds nothing. */
export function addCounts(left: number, right: number | null): number {
  return Math.min(left + (right ?? 0), Number.MAX_SAFE_INTEGER);
}

export function readFlag(record: JsonRecord, key: string): boolean {
  return readField(record, key) === true;
}

/**
 * An ISO 8601 date and time as UTC with milliseconds (`2026-11-24T22:32:42.707Z`), or null. dlt mixes offsets within one
 * trace: UTC at the top, the job's own zone in the step info. A time without an offset is taken as UTC.
 */
export function readTimestamp(record: JsonRecord, key: string): string | null {
  const value = readField(record, key);
  if (typeof value !== 'string' || value.length > 64) return null;
  const match = TIMESTAMP.exec(value);
  if (!match) return null;
  const [, date = '', time = '', fraction = '', offset = 'Z'] = match;
  const zone = offset === 'Z' ? offset : `${offset.slice(0, 3)}:${offset.slice(-2)}`;
  const instant = new Date(`${date}T${time}${fraction.slice(0, 4)}${zone}`);
  const year = instant.getUTCFullYear();
  return year >= 1970 && year <= 9999 ? instant.toISOString() : null;
}

/** Milliseconds from one timestamp of `readTimestamp` to another, never negative; null when one is missing. */
export function measureDurationMs(startedAt: string | null, finishedAt: string | null): number | null {
  if (startedAt === null || finishedAt === null) return null;
  return Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt));
}

/** Whether arrays and objects nest deeper than `maxDepth`. Walks level by level, so that depth cannot exhaust the stack. */
export function isDeeperThan(value: unknown, maxDepth: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    const containers = level.filter((each) => typeof each === 'object' && each !== null);
    if (containers.length > 0 && depth >= maxDepth) return true;
    level = containers.flatMap((each) => (Array.isArray(each) ? each : Object.values(each)));
  }
  return false;
}

/**
 * A copy of a JSON value that Postgres `jsonb` takes: NUL and lone surrogates replaced in texts and keys, `__proto__`
 * left out. Undefined when the value is deeper or larger than the bounds, which would exhaust the stack or the column.
 */
export function copyJson(value: unknown, bounds: JsonBounds): unknown {
  const budget = { valuesLeft: bounds.maxValues };
  return copyWithin(value, bounds.maxDepth, budget);
}

function copyWithin(value: unknown, depthLeft: number, budget: { valuesLeft: number }): unknown {
  budget.valuesLeft -= 1;
  if (budget.valuesLeft < 0) return undefined;
  if (typeof value === 'string') return cleanText(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null;
  if (typeof value === 'boolean' || value === null) return value;
  if (typeof value !== 'object' || depthLeft === 0) return undefined;
  return Array.isArray(value)
    ? copyArray(value, depthLeft - 1, budget)
    : copyRecord(readRecord(value), depthLeft - 1, budget);
}

function copyArray(items: unknown[], depthLeft: number, budget: { valuesLeft: number }): unknown {
  const copies: unknown[] = [];
  for (const item of items) {
    const copy = copyWithin(item, depthLeft, budget);
    if (copy === undefined) return undefined;
    copies.push(copy);
  }
  return copies;
}

function copyRecord(record: JsonRecord, depthLeft: number, budget: { valuesLeft: number }): unknown {
  const copies: JsonRecord = {};
  for (const [key, item] of Object.entries(record)) {
    if (key === '__proto__') continue;
    const copy = copyWithin(item, depthLeft, budget);
    if (copy === undefined) return undefined;
    copies[cleanText(key)] = copy;
  }
  return copies;
}
