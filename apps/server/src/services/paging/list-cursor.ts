import type { ListPosition } from '../../store/records.ts';
import { createHash } from 'node:crypto';
import { ServiceError } from '../../platform/service-error.ts';

/**
 * A cursor is opaque to callers: the position of the last row of a page, with a digest of the list that it belongs to (its filters and
 * sorting), in base64url. It holds nothing secret, and grants nothing: a list shows its caller the same rows whatever the cursor.
 */
export function encodeCursor(listDigest: string, position: ListPosition): string {
  return Buffer.from(JSON.stringify([listDigest, ...position])).toString('base64url');
}

/** @throws ServiceError invalid_request when the cursor is malformed or one of another list */
export function decodeCursor(listDigest: string, cursor: string): ListPosition {
  const [digest, ...position] = parseCursor(cursor);
  if (position.length === 0) throw refuseCursor('is not one that a list gave');
  if (digest !== listDigest) throw refuseCursor('belongs to a list with other filters or another sorting');
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

/** What names a list: which one it is and all of its query but the paging. */
export function digestList(list: string, query: object): string {
  const entries = Object.entries(query)
    .filter(([key, value]) => !pagingKeys.has(key) && value !== undefined)
    .toSorted(([left], [right]) => (left < right ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([list, entries]))
    .digest('base64url')
    .slice(0, digestLength);
}

/** Enough that no two lists meet by chance; nobody gains by making them meet. */
const digestLength = 12;
const pagingKeys = new Set(['limit', 'offset', 'cursor']);

export function refuseCursor(reason: string): ServiceError {
  const message = `${reason}; begin again without a cursor`;
  return new ServiceError('invalid_request', `The query is not valid: cursor: ${message}.`, [
    { key: 'cursor', message },
  ]);
}
