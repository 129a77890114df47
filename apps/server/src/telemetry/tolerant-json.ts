/**
 * Readers for JSON that user code controls. None of them throws; each returns a value that is valid for a
 * Postgres column (no NUL, no unpaired surrogate, no unsafe integer), or reports that there is none.
 */

import { isPlainObject } from '../domain/primitives/plain-object.ts';

export type JsonRecord = Record<string, unknown>;

/** Why a beacon body cannot be used. `detail` is for the log line and the operator. */
export interface BeaconProblem {
  code: 'malformed_beacon';
  detail: string;
}

export type Parsed<T> = { ok: true; details: T } | { ok: false; problem: BeaconProblem };

export interface JsonBounds {
  /** Maximum nesting of arrays and objects. */
  maxDepth: number;
  /** Maximum number of values of any kind. */
  maxValues: number;
}

/**
 * Names are in indexes, up to three in one, whose entries have at most 2,704 bytes: longer names could not be
 * stored.
 */
const NAME_LENGTH = 256;
const UNICODE_NUL = /\0/g;
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(\.\d+)?(Z|[+-]\d{2}:?\d{2})?$/;

export function refuseBeacon(detail: string): { ok: false; problem: BeaconProblem } {
  return { ok: false, problem: { code: 'malformed_beacon', detail } };
}

/** Returns the value as an object with string keys; an empty one for arrays, null and all other values. */
export function readRecord(value: unknown): JsonRecord {
  return isPlainObject(value) ? value : {};
}

/** Reads only own properties: a body must not be able to name `constructor` and reach a prototype. */
export function readField(record: JsonRecord, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** Returns the objects in an array field, without other values; empty if the field is not an array. */
export function readRecords(record: JsonRecord, key: string): JsonRecord[] {
  const value = readField(record, key);
  return Array.isArray(value) ? value.filter(isPlainObject) : [];
}

/** Returns a non-empty name, truncated to 256 characters; null if there is none. */
export function readName(record: JsonRecord, key: string): string | null {
  const value = readField(record, key);
  return typeof value === 'string' && value !== '' ? cutText(value, NAME_LENGTH) : null;
}

/** Returns a text, truncated to `maxLength` UTF-16 units; null if there is none. */
export function readText(record: JsonRecord, key: string, maxLength: number): string | null {
  const value = readField(record, key);
  return typeof value === 'string' ? cutText(value, maxLength) : null;
}

/** Removes NUL and unpaired surrogates (Postgres stores neither), and truncates with a note. */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return cleanText(text);
  const mark = `… [${text.length - maxLength} more characters]`;
  const kept = text.slice(0, Math.max(0, maxLength - mark.length));
  return cleanText(kept).replace(/�$/, '') + mark;
}

function cleanText(text: string): string {
  return text.replace(UNICODE_NUL, '�').toWellFormed();
}

/** The maximum of a Postgres `integer`. */
export const MAX_INTEGER = 2 ** 31 - 1;

/**
 * Returns a count or size as an integer from 0 to `max` (2^53 - 1); null if it is not a finite, non-negative
 * number.
 */
export function readCount(
  record: JsonRecord,
  key: string,
  max: number = Number.MAX_SAFE_INTEGER,
): number | null {
  const value = readField(record, key);
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) return null;
  return Math.min(Math.floor(value) + 0, max);
}

/** Adds two counts within the safe integers; null means unknown and adds nothing. */
export function addCounts(left: number, right: number | null): number {
  return Math.min(left + (right ?? 0), Number.MAX_SAFE_INTEGER);
}

export function readFlag(record: JsonRecord, key: string): boolean {
  return readField(record, key) === true;
}

/**
 * Parses an ISO 8601 date and time to UTC with milliseconds (`2026-11-24T22:32:42.707Z`); null if invalid.
 * dlt mixes offsets within one trace: UTC at the top, the job's own zone in the step info. A time without an
 * offset is read as UTC.
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

/**
 * Returns the milliseconds between two timestamps of `readTimestamp`, never negative; null if one is missing.
 */
export function measureDurationMs(startedAt: string | null, finishedAt: string | null): number | null {
  if (startedAt === null || finishedAt === null) return null;
  return Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt));
}

/**
 * Reports whether arrays and objects nest deeper than `maxDepth`. Walks level by level, so that depth cannot
 * exhaust the stack.
 */
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
 * Copies a JSON value for Postgres `jsonb`: replaces NUL and unpaired surrogates in texts and keys, omits
 * `__proto__`. Undefined if the value exceeds the bounds, which would exhaust the stack or the column.
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
