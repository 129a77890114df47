/** Reads the settings for apps from the environment; only `config.ts` uses this module. */
import { z } from 'zod';
import {
  isInRange,
  parsePortRange,
  PortRangeSyntaxError,
  type PortRange,
} from '../domain/primitives/port-range.ts';
import { ConfigError } from './config-error.ts';
import { settingDetails } from './setting-details.ts';

export const appsSettings = {
  PUMPHOUSE_APPS_PORT: z.coerce.number().int().min(0).max(65_535).default(8090).register(settingDetails, {
    key: 'apps.port',
    description: 'Port to listen on for interactive apps; 0 selects a free port',
  }),
  PUMPHOUSE_APPS_DOMAIN: z
    .string()
    .regex(
      /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+(:[1-9]\d{0,4})?$/,
      'must be a host name in lower case, such as apps.example.com',
    )
    .optional()
    .register(settingDetails, {
      key: 'apps.domain',
      description:
        'Parent domain of the hosts of apps: apps.example.com gives `https://<label>.apps.example.com`',
      example: 'apps.example.com',
    }),
  PUMPHOUSE_APPS_PORTS: z.string().optional().register(settingDetails, {
    key: 'apps.ports',
    description:
      'Range of ports for apps, such as 9100-9199, one for each app, at the host of PUMPHOUSE_PUBLIC_URL: for servers without a wildcard domain',
    example: '9100-9199',
  }),
} as const;

export interface AppsConfig {
  /** The port shared by all apps, and for all host names. */
  port: number;
  origins: AppsOrigins;
}

/** How each app gets its own origin. */
export type AppsOrigins =
  /** `domain` null: `<label>.localhost`, for browsers on this machine. */
  { kind: 'names'; domain: string | null } | { kind: 'ports'; ports: PortRange };

export interface AppsValues {
  PUMPHOUSE_APPS_PORT: number;
  PUMPHOUSE_APPS_DOMAIN?: string | undefined;
  PUMPHOUSE_APPS_PORTS?: string | undefined;
}

/**
 * @param taken ports that the server or its proxy uses for something else, with their settings
 * @throws ConfigError
 */
export function readAppsConfig(
  values: AppsValues,
  taken: readonly (readonly [setting: string, port: number])[],
): AppsConfig {
  const { PUMPHOUSE_APPS_PORT: port, PUMPHOUSE_APPS_DOMAIN: domain, PUMPHOUSE_APPS_PORTS: text } = values;
  if (text === undefined) return { port, origins: { kind: 'names', domain: domain ?? null } };
  if (domain !== undefined)
    throw new ConfigError(
      'PUMPHOUSE_APPS_PORTS and PUMPHOUSE_APPS_DOMAIN: apps have either their own ports or their own hosts. Remove one of the two settings.',
    );
  const ports = readRange(text);
  for (const [setting, own] of [['PUMPHOUSE_APPS_PORT', port] as const, ...taken]) {
    if (isInRange(ports, own))
      throw new ConfigError(
        `PUMPHOUSE_APPS_PORTS: ${text} has ${own} in it, the port of ${setting}. Choose a range without it.`,
      );
  }
  return { port, origins: { kind: 'ports', ports } };
}

function readRange(text: string): PortRange {
  try {
    return parsePortRange(text);
  } catch (error) {
    if (!(error instanceof PortRangeSyntaxError)) throw error;
    throw new ConfigError(`PUMPHOUSE_APPS_PORTS: ${error.message}`);
  }
}
