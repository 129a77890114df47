import type { AlertChannelRecord, AlertDeliveryRecord } from '../../store/records.ts';
import type { AttemptResult } from '../../domain/deliveries/attempt-result.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { Mailer } from '../../mail/mailer.ts';
import type { OutboundHttp } from '../../outbound/outbound-http.ts';
import type { Persistence } from '../../store/store.ts';

/** Makes one attempt to send a message. Failures are results, not errors. */
export type SendAlert = (
  channel: AlertChannelRecord,
  delivery: AlertDeliveryRecord,
  signal: AbortSignal,
) => Promise<AttemptResult>;

export interface SendAlertPorts {
  persistence: Persistence<'alertDeliveries' | 'members'>;
  encryption: Encryption;
  outbound: OutboundHttp;
  /** Null if no mail server is configured. */
  mailer: Mailer | null;
  /** Where events for PagerDuty go; null for the service regions of PagerDuty. */
  pagerDutyUrl: string | null;
  now: () => Date;
}
