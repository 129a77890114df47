import type { DispatchEvents } from '../services/events/dispatch-events.ts';
import type { DeliverEvents } from '../services/events/deliver-events.ts';
import type { LoopDefinition } from '../platform/loops.ts';
import type { RemoveOldEvents } from '../services/events/remove-old-events.ts';

/** Also finds what no wake-up announces: events of servers whose connection was lost, and deliveries that are due. */
const pollIntervalMs = 2000;
/** Events of many runs are dispatched together. */
const minPauseMs = 200;
/** While events are sent: others of their subscriptions may follow as soon as one has ended. */
const busyIntervalMs = 100;
const removalIntervalMs = 3_600_000;

/** Dispatches events to subscriptions. Several servers may run this loop: each workspace by one at a time. */
export function defineEventsLoop(dispatchEvents: DispatchEvents): LoopDefinition {
  return {
    name: 'events',
    intervalMs: pollIntervalMs,
    minPauseMs,
    wakesFor: (kind) => kind === undefined || kind === 'event',
    iterate: async (signal) => ((await dispatchEvents(signal)) ? 0 : pollIntervalMs),
    failureMessage: 'events were not dispatched; retried in the next iteration',
    readyWithinMs: null,
  };
}

/** Sends events to subscriptions. Several servers may run this loop: each delivery is claimed by one. */
export function defineEventDeliveriesLoop(deliverEvents: DeliverEvents): LoopDefinition {
  return {
    name: 'event-deliveries',
    intervalMs: pollIntervalMs,
    wakesFor: (kind) => kind === undefined || kind === 'event-delivery',
    iterate: async () => ((await deliverEvents.deliver()) ? busyIntervalMs : pollIntervalMs),
    failureMessage: 'events were not sent; retried in the next iteration',
    readyWithinMs: null,
  };
}

/** Removes old events with their deliveries. */
export function defineEventRemovalLoop(removeOldEvents: RemoveOldEvents): LoopDefinition {
  return {
    name: 'event-removal',
    intervalMs: removalIntervalMs,
    jitter: 0.2,
    async iterate(signal) {
      while (!signal.aborted && (await removeOldEvents()));
    },
    failureMessage: 'old events were not removed; retried in the next iteration',
    readyWithinMs: null,
  };
}
