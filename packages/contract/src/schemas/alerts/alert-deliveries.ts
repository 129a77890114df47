import { z } from 'zod';
import { namedEnum, openEnum, responseObject, timestamp, uuid } from '../primitives.ts';

/** `dropped`: never sent, for instance because the incident was resolved before. */
export const alertDeliveryStatus = namedEnum('AlertDeliveryStatus', [
  'waiting',
  'delivered',
  'failed',
  'dropped',
]);
export type AlertDeliveryStatus = z.output<typeof alertDeliveryStatus>;

export const alertMessageKind = namedEnum('AlertMessageKind', [
  'opened',
  'reminder',
  'acknowledged',
  'resolved',
  'test',
]);

export const alertSeverity = namedEnum('AlertSeverity', ['info', 'warning', 'critical']);
export type AlertSeverity = z.output<typeof alertSeverity>;

/** A message to one channel: it waits, or is an entry of the delivery log. */
export const alertDeliveryResponse = responseObject('AlertDeliveryResponse', {
  id: uuid,
  channel_id: uuid,
  /** Null for a test. */
  incident_id: z.string().nullable(),
  kind: openEnum(alertMessageKind),
  severity: openEnum(alertSeverity),
  /** May contain text of user code. */
  title: z.string(),
  status: openEnum(alertDeliveryStatus),
  /** Whether a server is sending it now. */
  is_sending: z.boolean(),
  /** Why the last attempt failed, or why it was dropped, such as `timeout`, `http_500` or `superseded`. */
  reason: z.string().nullable(),
  /** HTTP status of the last attempt. */
  response_code: z.int().nullable(),
  /** The first characters of what the receiver answered. */
  answer: z.string().nullable(),
  attempts: z.int(),
  /** Null unless it waits. */
  next_attempt_at: timestamp.nullable(),
  /** The message that a user sent again with this one. */
  resent_from: uuid.nullable(),
  created_at: timestamp,
  finished_at: timestamp.nullable(),
});
export type AlertDeliveryResponse = z.output<typeof alertDeliveryResponse>;
