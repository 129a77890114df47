import { publishAppRequest, type RouteBodyInput } from '@pumphouse/contract';
import { findBodyProblems, type FieldProblem } from '../../forms/field-problems.ts';

/** What the form of a public link holds. */
export interface PublishValues {
  /** As a field for date and time has it, in the zone of the viewer; empty: until it is taken back. */
  expires_at: string;
  /** Empty: none is asked for. */
  password: string;
}

/** A link to nothing: what the form begins with. */
export const noPublishValues: PublishValues = { expires_at: '', password: '' };

export function toPublishBody({ expires_at: until, password }: PublishValues): RouteBodyInput<'publish_app'> {
  return {
    expires_at: until === '' ? null : toInstant(until),
    password: password === '' ? null : password,
  };
}

/** Why a link cannot be made so. */
export function checkPublishValues(values: PublishValues, nowMs: number): FieldProblem[] {
  const { expires_at: until } = values;
  if (until !== '' && new Date(until).getTime() <= nowMs)
    return [{ key: 'expires_at', message: 'must lie in the future' }];
  return findBodyProblems(publishAppRequest, toPublishBody(values));
}

/** A time without a zone is taken as the viewer's. What is no time is left to the contract to refuse. */
function toInstant(local: string): string {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? local : at.toISOString();
}
