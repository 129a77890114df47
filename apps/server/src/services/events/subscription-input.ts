import type { RuleScope } from '../../domain/alerts/rule-scope.ts';
import { eventTypes } from '@pumphouse/contract';
import { findUrlProblem } from '../../outbound/target-url.ts';
import { findUselessPattern } from '../../domain/events/event-patterns.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** What a user sets; undefined stays as it is. */
export interface SubscriptionInput {
  name?: string | undefined;
  description?: string | null | undefined;
  url?: string | undefined;
  /** Event types, exact or patterns. */
  eventTypes?: string[] | undefined;
  scope?: RuleScope | undefined;
  isEnabled?: boolean | undefined;
}

/**
 * Checks the URL and the event types. Errors never quote the URL. Whether the server may reach the address is
 * decided when it sends, because names change their addresses.
 * @throws ServiceError invalid_request
 */
export function checkSubscriptionInput({ url, eventTypes: patterns }: SubscriptionInput): void {
  const problem = url === undefined ? null : findUrlProblem(url);
  if (problem !== null) throw invalid('url', problem);
  const useless = findUselessPattern(patterns ?? []);
  if (useless !== undefined)
    throw invalid('event_types', `contains ${useless}, which is none of ${eventTypes.join(', ')}`);
}

function invalid(key: string, message: string): ServiceError {
  return new ServiceError('invalid_request', `${key} ${message}.`, [{ key, message }]);
}
