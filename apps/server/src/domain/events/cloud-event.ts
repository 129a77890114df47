import type { EventType } from '@pumphouse/contract';
import { eventSchemas } from '@pumphouse/contract';

/** Digits of a position in `sequence`, so that its texts sort like the numbers. */
const sequenceDigits = 18;

/**
 * Builds an event as CloudEvents 1.0 specifies it, in structured mode.
 * @param serverUrl where users reach the server
 */
export function buildCloudEvent(
  event: {
    id: string;
    position: number;
    workspaceId: string;
    type: EventType;
    subject: string;
    createdAt: Date;
  },
  data: object,
  serverUrl: string,
) {
  return {
    specversion: '1.0',
    id: event.id,
    source: `${serverUrl}/w/${event.workspaceId}`,
    type: event.type,
    subject: event.subject,
    time: event.createdAt.toISOString(),
    datacontenttype: 'application/json',
    dataschema: `${serverUrl}/openapi.json#/components/schemas/${eventSchemas[event.type].dataName}`,
    sequence: `${event.position}`.padStart(sequenceDigits, '0'),
    data,
  };
}
