import { publishAppRequest, type RouteBodyInput } from '@pumphouse/contract';
import { readTimeInput } from '../../ui/wall-time.ts';
import { findBodyProblems, type FieldProblem } from '../../forms/field-problems.ts';

/** Values of the public link form. */
export interface PublishValues {
  /** Value of a date and time field in the shown time zone; empty for no expiry. */
  expires_at: string;
  /** Empty for no password. */
  password: string;
}

/** Initial values of the form. */
export const noPublishValues: PublishValues = { expires_at: '', password: '' };

export function toPublishBody({ expires_at: until, password }: PublishValues): RouteBodyInput<'publish_app'> {
  return {
    expires_at: until === '' ? null : toInstant(until),
    password: password === '' ? null : password,
  };
}

/** Validates the form. */
export function checkPublishValues(values: PublishValues, nowMs: number): FieldProblem[] {
  const { expires_at: until } = values;
  if (until !== '' && readTimeInput(until) <= nowMs)
    return [{ key: 'expires_at', message: 'must be in the future' }];
  return findBodyProblems(publishAppRequest, toPublishBody(values));
}

/** Interprets a time in the shown time zone. Invalid times are left for the contract to reject. */
function toInstant(local: string): string {
  const atMs = readTimeInput(local);
  return Number.isNaN(atMs) ? local : new Date(atMs).toISOString();
}
