import type { AlertMessage } from '../alert-message.ts';

/** The version of the body, which changes only when fields are renamed or removed. */
const payloadVersion = 1;

/** Builds the body of a generic webhook; docs/concepts/alert-channels.md describes it. */
export function buildWebhookPayload(message: AlertMessage, deliveryId: string): object {
  const { kind, incidentId, severity, workspace, title, details, facts, links, occurredAt } = message;
  return {
    type: `alert.${kind}`,
    version: payloadVersion,
    timestamp: occurredAt,
    data: {
      delivery_id: deliveryId,
      incident_id: incidentId,
      severity,
      workspace: { id: workspace.id, name: workspace.name },
      title,
      details,
      facts,
      links,
    },
  };
}
