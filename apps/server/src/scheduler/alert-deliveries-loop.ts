import type { DeliverAlerts } from '../services/alerts/deliver-alerts.ts';
import type { LoopDefinition } from '../platform/loops.ts';

/** Also finds messages whose time has come, for which there is no wake-up. */
const pollIntervalMs = 2000;
/** While messages are sent: others of their channels may follow as soon as one has ended. */
const busyIntervalMs = 100;

/** Sends alerts as soon as they are written. Several servers may run this loop: each message is claimed by one. */
export function defineAlertDeliveriesLoop(deliverAlerts: DeliverAlerts): LoopDefinition {
  return {
    name: 'alert-deliveries',
    intervalMs: pollIntervalMs,
    wakesFor: (kind) => kind === undefined || kind === 'alert-delivery',
    iterate: async () => ((await deliverAlerts.deliver()) ? busyIntervalMs : pollIntervalMs),
    failureMessage: 'alerts were not sent; retried in the next iteration',
    readyWithinMs: null,
  };
}
