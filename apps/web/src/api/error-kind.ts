import { ApiError } from '@pumphouse/client';

/** What a person can do about an error differs by its kind. */
export type ErrorKind = 'not-found' | 'no-access' | 'server-away' | 'failed';

/** Statuses of a proxy whose server does not answer, and of a server that is starting or has no database. */
const awayStatuses = new Set([502, 503, 504]);

/** Classifies an error of a request. `fetch` reports every failure of the network as a TypeError. */
export function classifyError(error: unknown): ErrorKind {
  if (error instanceof TypeError) return 'server-away';
  if (!(error instanceof ApiError)) return 'failed';
  if (awayStatuses.has(error.status)) return 'server-away';
  if (error.status === 404) return 'not-found';
  return error.status === 403 ? 'no-access' : 'failed';
}
