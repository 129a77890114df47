import type { AlertChannelKind, AlertChannelRecord, AlertDeliveryRecord } from '../../store/records.ts';
import type { AttemptResult } from '../../domain/alerts/delivery-decision.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { Mailer } from '../../mail/mailer.ts';
import type { OutboundHttp, OutboundRequest } from '../../outbound/outbound-http.ts';
import type { Persistence } from '../../store/store.ts';
import { buildPagerDutyEvent, buildPagerDutyTestEnd } from '../../domain/alerts/messages/pagerduty-event.ts';
import { buildSlackMessage } from '../../domain/alerts/messages/slack-message.ts';
import { buildTeamsMessage } from '../../domain/alerts/messages/teams-message.ts';
import { buildWebhookPayload } from '../../domain/alerts/messages/webhook-payload.ts';
import { createSendAlertMail } from './send-alert-mail.ts';
import { excerptAnswer } from './answer-excerpt.ts';
import { openSigningSecrets, openTarget } from './sealed-channels.ts';
import { parseChannelSettings } from '../../domain/alerts/channel-settings.ts';
import { signWebhook } from '../../domain/alerts/webhook-signature.ts';

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

const pagerDutyUrls = { us: 'https://events.pagerduty.com', eu: 'https://events.eu.pagerduty.com' } as const;

const jsonHeaders = { 'content-type': 'application/json', 'user-agent': 'Pumphouse-Alerts' };

export function createSendAlert(ports: SendAlertPorts): SendAlert {
  const { encryption, outbound, now } = ports;
  const sendMail = createSendAlertMail(ports);

  async function post(
    request: Omit<OutboundRequest, 'headers'> & { headers?: Record<string, string> },
    secrets: readonly string[],
    signal: AbortSignal,
  ): Promise<AttemptResult> {
    const headers = { ...jsonHeaders, ...request.headers };
    const result = await outbound.post({ ...request, headers }, signal);
    if (result.kind !== 'answered') return result;
    const { status, body, retryAfter } = result;
    const answer = excerptAnswer(body, secrets);
    return status >= 200 && status < 300
      ? { kind: 'accepted', responseCode: status, answer }
      : { kind: 'answered', responseCode: status, answer, retryAfter };
  }

  const postJson = (channel: AlertChannelRecord, body: object, signal: AbortSignal) => {
    const url = openTarget(encryption, channel);
    return post({ url, body: JSON.stringify(body) }, [url], signal);
  };

  const senders: Record<AlertChannelKind, SendAlert> = {
    slack: (channel, { message }, signal) => postJson(channel, buildSlackMessage(message), signal),

    teams: (channel, { message }, signal) => postJson(channel, buildTeamsMessage(message), signal),

    /** The id is that of the delivery, so a repeated attempt is recognized as the same message. */
    webhook(channel, { id, message }, signal) {
      const url = openTarget(encryption, channel);
      const body = JSON.stringify(buildWebhookPayload(message, id));
      const timestampSeconds = Math.floor(now().getTime() / 1000);
      const secrets = openSigningSecrets(encryption, channel, now());
      const headers = signWebhook(secrets, { id, timestampSeconds, body });
      return post({ url, body, headers }, [url], signal);
    },

    async pagerduty(channel, { id, message }, signal) {
      const routingKey = openTarget(encryption, channel);
      const { region } = parseChannelSettings(channel.settings);
      const url = `${ports.pagerDutyUrl ?? pagerDutyUrls[region ?? 'us']}/v2/enqueue`;
      const key = { routingKey, eventId: id };
      const send = (event: object) => post({ url, body: JSON.stringify(event) }, [routingKey], signal);
      const result = await send(buildPagerDutyEvent(message, key));
      if (message.kind !== 'test' || result.kind !== 'accepted') return result;
      return send(buildPagerDutyTestEnd(key));
    },

    email: sendMail,
  };

  return (channel, delivery, signal) => senders[channel.kind](channel, delivery, signal);
}
