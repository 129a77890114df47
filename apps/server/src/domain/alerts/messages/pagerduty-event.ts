import type { AlertMessage } from '../alert-message.ts';
import { describeTitle } from './message-texts.ts';

const maxSummaryLength = 1024;

/**
 * Builds an event for the Events API v2 of PagerDuty. Its key joins all events of an incident: a reminder is
 * added to the alert that is open, `acknowledged` acknowledges it and `resolved` resolves it.
 * @param eventId the key of a test, which belongs to no incident
 */
export function buildPagerDutyEvent(
  message: AlertMessage,
  { routingKey, eventId }: { routingKey: string; eventId: string },
): object {
  const { kind, incidentId, severity, workspace, title, details, facts, links, occurredAt } = message;
  const key = { routing_key: routingKey, dedup_key: `pumphouse-${incidentId ?? eventId}` };
  if (kind === 'resolved') return { ...key, event_action: 'resolve' };
  if (kind === 'acknowledged') return { ...key, event_action: 'acknowledge' };
  return {
    ...key,
    event_action: 'trigger',
    client: 'Pumphouse',
    ...(links[0] && { client_url: links[0].url }),
    payload: {
      // A reminder does not change the summary of the alert.
      summary: (kind === 'test' ? describeTitle(message) : title).slice(0, maxSummaryLength),
      source: workspace.name || 'Pumphouse',
      severity,
      timestamp: occurredAt,
      custom_details: {
        ...Object.fromEntries(facts.map(({ label, value }) => [label, value])),
        ...(details.length > 0 && { details: details.join('\n') }),
      },
    },
    links: links.map(({ label, url }) => ({ href: url, text: label })),
  };
}

/** Builds the event that resolves the alert of a test again. */
export function buildPagerDutyTestEnd({
  routingKey,
  eventId,
}: {
  routingKey: string;
  eventId: string;
}): object {
  return { routing_key: routingKey, dedup_key: `pumphouse-${eventId}`, event_action: 'resolve' };
}
