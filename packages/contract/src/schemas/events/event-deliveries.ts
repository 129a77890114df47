import { z } from 'zod';
import { deliveryProgress } from '../deliveries/deliveries.ts';
import { namedEnum, openEnum, responseObject, uuid } from '../primitives.ts';

/** `failed`: not accepted, and not sent again without a user. */
export const eventDeliveryStatus = namedEnum('EventDeliveryStatus', ['waiting', 'delivered', 'failed']);
export type EventDeliveryStatus = z.output<typeof eventDeliveryStatus>;

const delivery = {
  id: uuid,
  subscription_id: uuid,
  /** The `id` of the CloudEvent, and the header `webhook-id`. */
  event_id: uuid,
  event_type: z.string(),
  subject: z.string(),
  status: openEnum(eventDeliveryStatus),
  ...deliveryProgress,
};

/** An event for one subscription: it waits, or is an entry of the delivery log. */
export const eventDeliveryResponse = responseObject('EventDeliveryResponse', delivery);
export type EventDeliveryResponse = z.output<typeof eventDeliveryResponse>;

export const detailedEventDeliveryResponse = responseObject('DetailedEventDeliveryResponse', {
  ...delivery,
  /** The CloudEvent as it is sent. It may contain text of user code. */
  event: z.looseObject({}),
});
export type DetailedEventDeliveryResponse = z.output<typeof detailedEventDeliveryResponse>;
