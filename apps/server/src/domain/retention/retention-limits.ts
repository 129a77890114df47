import { recordOf } from '../primitives/typed-record.ts';

/**
 * Kinds of data with limited retention, in order of removal: a removed run releases its code and environment.
 */
export const retentionKinds = [
  'runs',
  'logs',
  'traces',
  'beacons',
  'packages',
  'environments',
  'caches',
  'audit',
  'alert-deliveries',
] as const;

export type RetentionKind = (typeof retentionKinds)[number];

/** Data that exceeds either limit is removed; null means no limit. */
export interface RetentionLimit {
  maxAgeSeconds: number | null;
  maxBytes: number | null;
}

export type RetentionLimits = Record<RetentionKind, RetentionLimit>;

export const defaultRetention =
  'runs=365d,logs=90d/50GB,traces=90d,beacons=14d/5GB,packages=180d/20GB,environments=30d/20GB,caches=30d/10GB,audit=400d,alert-deliveries=90d';

/** The text is not a valid retention setting; the message names the invalid part and shows a valid one. */
export class RetentionSyntaxError extends Error {
  override readonly name = 'RetentionSyntaxError';
}

const noLimit: RetentionLimit = { maxAgeSeconds: null, maxBytes: null };
const secondsOfUnit: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };
const bytesOfUnit: Record<string, number> = { MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 };
/**
 * A typo such as an age of ten thousand years would overflow a date, or a size would exceed safe integers.
 */
const maxAllowedAgeSeconds = 36_500 * 86_400;
/** The size of a row is unknown. */
const limitedByAgeOnly = new Set<RetentionKind>(['runs', 'audit', 'alert-deliveries']);

/**
 * Parses comma-separated `kind=age/size` parts, such as `logs=90d/50GB,traces=off`. Kinds that are left out
 * keep their defaults; `off` alone disables all removal.
 * @throws RetentionSyntaxError
 */
export function parseRetention(text: string): RetentionLimits {
  if (text.trim() === 'off') return recordOf(retentionKinds, () => noLimit);
  const limits = { ...parseParts(defaultRetention.split(',')), ...parseParts(text.split(',')) };
  return recordOf(retentionKinds, (kind) => limits[kind] ?? noLimit);
}

/** Limits each kind of data to the same age. */
export function limitEachAge(maxAgeSeconds: number): RetentionLimits {
  return recordOf(retentionKinds, () => ({ maxAgeSeconds, maxBytes: null }));
}

function parseParts(parts: readonly string[]): Partial<RetentionLimits> {
  const limits: Partial<RetentionLimits> = {};
  for (const part of parts) {
    const [kind, limit] = parsePart(part.trim());
    if (limits[kind]) throw new RetentionSyntaxError(`"${kind}" is listed twice. List it once.`);
    limits[kind] = limit;
  }
  return limits;
}

function parsePart(part: string): [RetentionKind, RetentionLimit] {
  const [name = '', value, ...rest] = part.split('=');
  const kind = retentionKinds.find((one) => one === name.trim());
  if (!kind || value === undefined || rest.length > 0) {
    throw new RetentionSyntaxError(
      `"${part}" is not valid. Write <kind>=<age>/<size> with one of ${retentionKinds.join(', ')}, ` +
        'for example logs=90d/50GB, or off.',
    );
  }
  const limit = value.trim() === 'off' ? noLimit : parseLimit(part, value.trim());
  if (limit.maxBytes !== null && limitedByAgeOnly.has(kind)) {
    throw new RetentionSyntaxError(`"${part}": ${kind} have only an age. Write for example ${kind}=365d.`);
  }
  return [kind, limit];
}

function parseLimit(part: string, value: string): RetentionLimit {
  const segments = value.split('/');
  const [first = '', second] = segments;
  if (segments.length === 2) {
    return {
      maxAgeSeconds: requireValue(part, parseAge(first)),
      maxBytes: requireValue(part, parseSize(second)),
    };
  }
  const maxAgeSeconds = parseAge(value);
  return maxAgeSeconds === null
    ? { maxAgeSeconds, maxBytes: requireValue(part, parseSize(value)) }
    : { maxAgeSeconds, maxBytes: null };
}

function requireValue(part: string, value: number | null): number {
  if (value !== null) return value;
  throw new RetentionSyntaxError(
    `"${part}" has no valid age or size. Write ages like 90d, 12h, 30m or 10s, sizes like 500MB or 50GB, ` +
      'and both like 90d/50GB.',
  );
}

/** Parses an age such as `90d` to seconds; null if invalid. */
export function parseAge(text: string): number | null {
  const seconds = parseQuantity(text, secondsOfUnit);
  return seconds !== null && seconds <= maxAllowedAgeSeconds ? seconds : null;
}

function parseSize(text: string | undefined): number | null {
  const bytes = parseQuantity(text ?? '', bytesOfUnit);
  return bytes !== null && Number.isSafeInteger(bytes) ? bytes : null;
}

function parseQuantity(text: string, units: Record<string, number>): number | null {
  const match = /^(\d+)([a-zA-Z]+)$/.exec(text.trim());
  const unit = units[match?.[2] ?? ''];
  return match && unit !== undefined ? Number(match[1]) * unit : null;
}

/** Formats a limit as in the setting; `off` for no limit. */
export function formatLimit({ maxAgeSeconds, maxBytes }: RetentionLimit): string {
  const segments = [];
  if (maxAgeSeconds !== null) segments.push(formatQuantity(maxAgeSeconds, secondsOfUnit));
  if (maxBytes !== null) segments.push(formatQuantity(maxBytes, bytesOfUnit));
  return segments.length === 0 ? 'off' : segments.join('/');
}

/** Uses the largest unit that divides the value, so parsing the result gives the same value. */
function formatQuantity(value: number, units: Record<string, number>): string {
  const fitting = Object.entries(units).filter(([, size]) => value >= size && value % size === 0);
  const [unit, size] = fitting.at(-1) ?? Object.entries(units)[0] ?? ['', 1];
  return `${value / size}${unit}`;
}
