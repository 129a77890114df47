import type { AlertChannelKind, AlertChannelRecord } from '../../store/records.ts';
import type { AttemptResult } from '../../domain/deliveries/attempt-result.ts';
import type { OutboundRequest } from '../../outbound/outbound-http.ts';
import type { SendAlert, SendAlertPorts } from './alert-sender.ts';
import { buildPagerDutyEvent, buildPagerDutyTestEnd } from '../../domain/alerts/messages/pagerduty-event.ts';
import { buildSlackMessage } from '../../domain/alerts/messages/slack-message.ts';
import { buildTeamsMessage } from '../../domain/alerts/messages/teams-message.ts';
import { buildWebhookPayload } from '../../domain/alerts/messages/webhook-payload.ts';
import { createSendAlertMail } from './send-alert-mail.ts';
import { openSigningSecrets, openTarget } from './sealed-channels.ts';
import { parseChannelSettings } from '../../domain/alerts/channel-settings.ts';
import { postMessage } from '../deliveries/post-message.ts';
import { signWebhook } from '../deliveries/webhook-signature.ts';

const pagerDutyUrls = { us: 'https://events.pagerduty.com', eu: 'https://events.eu.pagerduty.com' } as const;

const jsonHeaders = { 'content-type': 'application/json', 'user-agent': 'Pumphouse-Alerts' };

export function createSendAlert(ports: SendAlertPorts): SendAlert {
  const { encryption, outbound, now } = ports;
  const sendMail = createSendAlertMail(ports);

  function post(
    request: Omit<OutboundRequest, 'headers'> & { headers?: Record<string, string> },
    secrets: readonly string[],
    signal: AbortSignal,
  ): Promise<AttemptResult> {
    const headers = { ...jsonHeaders, ...request.headers };
    return postMessage(outbound, { ...request, headers }, { secrets, signal });
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
