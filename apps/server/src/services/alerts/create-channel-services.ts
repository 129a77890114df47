import type { Encryption } from '../../platform/encryption.ts';
import type { FaultPoints } from '../../platform/fault-points.ts';
import type { Instruments } from '../../platform/instruments.ts';
import type { Logger } from 'pino';
import type { Mailer } from '../../mail/mailer.ts';
import type { OutboundHttp } from '../../outbound/outbound-http.ts';
import type { Persistence } from '../../store/store.ts';
import { createAlertChannels } from './alert-channels.ts';
import { createAlertDeliveries } from './alert-deliveries.ts';
import { createAttemptDelivery } from './attempt-delivery.ts';
import { createDeliverAlerts } from './deliver-alerts.ts';
import { createSendAlert } from './send-alert.ts';

/** Creates the services of alert channels. */
export function createChannelServices(ports: {
  persistence: Persistence<'alertChannels' | 'alertDeliveries' | 'auditLog' | 'members' | 'workspaces'>;
  encryption: Encryption;
  outbound: OutboundHttp;
  mailer: Mailer | null;
  pagerDutyUrl: string | null;
  serverUrl: () => string;
  faultPoints: FaultPoints;
  instruments: Instruments;
  now: () => Date;
  log: Logger;
}) {
  const { persistence, encryption, log } = ports;
  const attemptDelivery = createAttemptDelivery({ ...ports, sendAlert: createSendAlert(ports) });
  return {
    alertChannels: createAlertChannels(persistence, encryption),
    alertDeliveries: createAlertDeliveries({ ...ports, attemptDelivery }),
    deliverAlerts: createDeliverAlerts({ persistence, attemptDelivery, log }),
  };
}
