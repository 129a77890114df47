import type { Clock } from '../scheduling/clock.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { EventSerializers } from './event-serializers.ts';
import type { FaultPoints } from '../../platform/fault-points.ts';
import type { Instruments } from '../../platform/instruments.ts';
import type { Logger } from 'pino';
import type { OutboundHttp } from '../../outbound/outbound-http.ts';
import type { Persistence } from '../../store/store.ts';
import { createAttemptEventDelivery } from './attempt-event-delivery.ts';
import { createComposeEvent } from './compose-event.ts';
import { createDeliverEvents } from './deliver-events.ts';
import { createDispatchEvents } from './dispatch-events.ts';
import { createEventDeliveries } from './event-deliveries.ts';
import { createEventSubscriptions } from './event-subscriptions.ts';
import { createRemoveOldEvents } from './remove-old-events.ts';

/** Creates the services of event subscriptions. */
export function createEventServices(ports: {
  persistence: Persistence;
  encryption: Encryption;
  outbound: OutboundHttp;
  serializers: EventSerializers;
  serverUrl: () => string;
  faultPoints: FaultPoints;
  instruments: Instruments;
  clock: Clock;
  now: () => Date;
  log: Logger;
}) {
  const { persistence, encryption, clock, log } = ports;
  const attemptDelivery = createAttemptEventDelivery(ports);
  return {
    eventSubscriptions: createEventSubscriptions(persistence, encryption),
    eventDeliveries: createEventDeliveries({ ...ports, attemptDelivery }),
    dispatchEvents: createDispatchEvents({ ...ports, composeEvent: createComposeEvent(ports) }),
    deliverEvents: createDeliverEvents({ persistence, attemptDelivery, log }),
    removeOldEvents: createRemoveOldEvents(persistence, clock),
  };
}
