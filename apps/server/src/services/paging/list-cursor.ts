import type { ListPosition } from '../../store/records.ts';
import { createHash } from 'node:crypto';
import { ServiceError } from '../../platform/service-error.ts';

/**
 * Encodes a cursor, which is opaque to callers: the position of the last row of a page and a digest of its
 * list (filters and sorting), in base64url. It contains no secrets and grants no access: a list shows its
 * caller the same rows with any cursor.
 */
export function encodeCursor(listDigest: string, position: ListPosition): string {
  return Buffer.from(JSON.stringify([listDigest, ...position])).toString('base64url');
}

/**
 * Decodes a cursor.
 * @throws ServiceError invalid_request if the cursor is malformed or belongs to another list
 */
export function decodeCursor(listDigest: string, cursor: string): ListPosition {
  const [digest, ...position] = parseCursor(cursor);
  if (position.length === 0) throw refuseCursor('was not returned by a list');
  if (digest !== listDigest) throw refuseCursor('belongs to a list with other filters or another order');
  return position;
}

function parseCursor(cursor: string): (string | null)[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const isValue = (value: unknown) => value === null || typeof value === 'string';
    return Array.isArray(parsed) && parsed.every(isValue) ? parsed : [];
  } catch {
    return [];
  }
}

/** Computes a digest that identifies a list: its name and all query parameters except paging. */
export function digestList(list: string, query: object): string {
  const entries = Object.entries(query)
    .filter(([key, value]) => !pagingKeys.has(key) && value !== undefined)
    .toSorted(([left], [right]) => (left < right ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([list, entries]))
    .digest('base64url')
    .slice(0, digestLength);
}

/** Enough to avoid accidental collisions; provoking one gains nothing. */
const digestLength = 12;
const pagingKeys = new Set(['limit', 'offset', 'cursor']);

export function refuseCursor(reason: string): ServiceError {
  const message = `${reason}; start again without a cursor`;
  return new ServiceError('invalid_request', `The query is not valid: cursor: ${message}.`, [
    { key: 'cursor', message },
  ]);
}
