import { z } from 'zod';
import { deliveryProgress } from '../deliveries/deliveries.ts';
import { namedEnum, openEnum, responseObject, uuid } from '../primitives.ts';

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
  ...deliveryProgress,
});
export type AlertDeliveryResponse = z.output<typeof alertDeliveryResponse>;
