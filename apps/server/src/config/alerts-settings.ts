import { isIP } from 'node:net';
import { z } from 'zod';
import type { AllowedTargets } from '../outbound/address-policy.ts';
import { ConfigError } from './config-error.ts';
import { readHostName } from './allowed-hosts.ts';
import { settingDetails } from './setting-details.ts';

export const alertsSettings = {
  PUMPHOUSE_ALERTS_ALLOWED_TARGETS: z.string().default('').register(settingDetails, {
    key: 'alerts.allowed_targets',
    reload: true,
    description:
      'Host names, addresses and networks (10.1.0.0/16) that alerts and events may reach in addition to public addresses, also over http://, separated by commas; see [alert channels](../concepts/alert-channels.md#addresses)',
    form: 'list',
    example: 'alerts.internal,10.1.0.0/16',
  }),
  PUMPHOUSE_PAGERDUTY_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
    .optional()
    .register(settingDetails, {
      key: 'alerts.pagerduty_url',
      description:
        'Address that gets the events of PagerDuty channels instead of the service region of each channel, such as a relay',
      default: 'that of the region',
      example: 'https://events.eu.pagerduty.com',
    }),
} as const;

export interface AlertsConfig {
  allowedTargets: AllowedTargets;
  /** Null: the service region of each channel. */
  pagerDutyUrl: string | null;
}

/** @throws ConfigError */
export function readAlertsConfig(values: {
  PUMPHOUSE_ALERTS_ALLOWED_TARGETS: string;
  PUMPHOUSE_PAGERDUTY_URL?: string | undefined;
}): AlertsConfig {
  return {
    allowedTargets: readAllowedTargets(values.PUMPHOUSE_ALERTS_ALLOWED_TARGETS),
    pagerDutyUrl: values.PUMPHOUSE_PAGERDUTY_URL?.replace(/\/+$/, '') ?? null,
  };
}

function readAllowedTargets(text: string): AllowedTargets {
  const entries = text.split(',').flatMap((entry) => entry.trim().toLowerCase() || []);
  const networks = entries.filter(isNetwork);
  const hosts = entries.filter((entry) => !isNetwork(entry));
  for (const host of hosts) {
    if (/[/:]/.test(host) || !/[a-z]/.test(host) || readHostName(host) !== host)
      throw new ConfigError(
        `PUMPHOUSE_ALERTS_ALLOWED_TARGETS: "${host}" is neither a host name, an address nor a network. ` +
          'Write it without a scheme and a port, as alerts.internal, 10.0.0.5 or 10.1.0.0/16.',
      );
  }
  return { hosts, networks };
}

function isNetwork(entry: string): boolean {
  const [address = '', bits, ...rest] = entry.split('/');
  const most = { 4: 32, 6: 128 }[isIP(address)] ?? -1;
  if (most < 0 || rest.length > 0 || address.includes('%')) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
}
