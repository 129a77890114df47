/** Reads where the server listens and how it is reached; only `config.ts` uses this module. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { parseHostPort } from '../platform/host-port.ts';
import { readHostName } from './allowed-hosts.ts';
import { ConfigError } from './config-error.ts';
import { settingDetails } from './setting-details.ts';

export const addressSettings = {
  PUMPHOUSE_HOST: z.string().min(1).default('127.0.0.1').register(settingDetails, {
    key: 'server.host',
    description:
      'Address to listen on; addresses other than loopback require an owner account and PUMPHOUSE_PUBLIC_URL',
  }),
  PUMPHOUSE_PORT: z.coerce.number().int().min(0).max(65_535).default(8080).register(settingDetails, {
    key: 'server.port',
    description: 'Port to listen on; 0 selects a free port',
  }),
  PUMPHOUSE_PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
    .optional()
    .register(settingDetails, {
      key: 'server.public_url',
      description: 'URL at which clients reach this server, if it differs from the listen address',
      default: 'the address it listens on',
      example: 'https://pumphouse.example.com',
    }),
  PUMPHOUSE_ALLOWED_HOSTS: z.string().default('').register(settingDetails, {
    key: 'server.allowed_hosts',
    description:
      'Additional host names and addresses of this server, separated by commas; see [hosts](#hosts-under-which-the-server-answers)',
    form: 'list',
    example: 'pumphouse.internal,10.0.0.5',
    reload: true,
  }),
  PUMPHOUSE_INTERNAL_ADDRESS: z
    .string()
    .refine((text) => parseHostPort(text) !== null, 'must be a host or an address, with or without a port')
    .optional()
    .register(settingDetails, {
      key: 'server.internal_address',
      description:
        'Address at which other servers of the installation reach this one, with or without a port; see [several servers](several-servers.md#apps-on-workers)',
      default: 'where it listens',
      example: '10.0.0.5:8080',
    }),
  PUMPHOUSE_TRUSTED_PROXIES: z.string().default('').register(settingDetails, {
    key: 'server.trusted_proxies',
    description:
      'Addresses and networks (10.0.0.0/8) of proxies whose `X-Forwarded-*` headers are trusted, separated by commas',
    form: 'list',
    example: '10.0.0.0/8',
  }),
  PUMPHOUSE_ATTEMPTS_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
    .optional()
    .register(settingDetails, {
      key: 'attempts.url',
      description: 'Address at which runs reach this server, if it differs from the listen address',
      default: 'the address it listens on',
      example: 'http://10.0.0.5:8081',
    }),
  PUMPHOUSE_ATTEMPTS_HOST: z.string().min(1).optional().register(settingDetails, {
    key: 'attempts.host',
    description: 'Address to listen on for runs in containers only',
    default: "this machine's address on the runs' network",
  }),
  PUMPHOUSE_ATTEMPTS_PORT: z.coerce.number().int().min(0).max(65_535).optional().register(settingDetails, {
    key: 'attempts.port',
    description: 'Port to listen on for runs in containers; 0 selects a free port',
    default: '`PUMPHOUSE_PORT` + 1',
    example: '8081',
  }),
} as const;

type Values = z.output<z.ZodObject<typeof addressSettings>>;

export interface AddressConfig {
  host: string;
  port: number;
  publicUrl: string | null;
  /** Names under which the server answers, in addition to loopback and the host of the public URL. */
  allowedHosts: string[];
  /** Null: where the server listens. */
  internalAddress: string | null;
  trustedProxies: string[];
  attemptsUrl: string | null;
  /** Null: the address of this machine on the network of the runs. */
  attemptsHost: string | null;
  attemptsPort: number;
}

/** @throws ConfigError */
export function readAddressConfig(values: Values): AddressConfig {
  return {
    host: values.PUMPHOUSE_HOST,
    port: values.PUMPHOUSE_PORT,
    publicUrl: values.PUMPHOUSE_PUBLIC_URL?.replace(/\/+$/, '') ?? null,
    allowedHosts: readAllowedHosts(values),
    internalAddress: values.PUMPHOUSE_INTERNAL_ADDRESS ?? null,
    trustedProxies: readTrustedProxies(values.PUMPHOUSE_TRUSTED_PROXIES),
    attemptsUrl: values.PUMPHOUSE_ATTEMPTS_URL?.replace(/\/+$/, '') ?? null,
    attemptsHost: readAttemptsHost(values),
    attemptsPort: values.PUMPHOUSE_ATTEMPTS_PORT ?? choosePortAfter(values.PUMPHOUSE_PORT),
  };
}

/**
 * Reads the names under which the server answers, in addition to loopback and the host of its public URL. If
 * runs have their own URL, they call the server under its host.
 */
function readAllowedHosts(values: Values): string[] {
  const { PUMPHOUSE_HOST: host, PUMPHOUSE_ATTEMPTS_HOST: attemptsHost, PUMPHOUSE_ATTEMPTS_URL: url } = values;
  const own = [host, ...(attemptsHost === undefined ? [] : [attemptsHost])];
  return [
    ...own.filter((each) => each !== '0.0.0.0' && each !== '::'),
    ...(url === undefined ? [] : [new URL(url).hostname]),
    ...readNames(values.PUMPHOUSE_ALLOWED_HOSTS),
  ];
}

function readNames(text: string): string[] {
  const entries = text.split(',').flatMap((entry) => entry.trim() || []);
  return entries.map((entry) => {
    const plain = entry.toLowerCase().replace(/^\[(.*)\]$/, '$1');
    const name = readHostName(isIP(plain) === 6 ? `[${plain}]` : plain);
    if (name === plain) return name;
    throw new ConfigError(
      `PUMPHOUSE_ALLOWED_HOSTS: "${entry}" is neither a host name nor an address. Write it without a scheme and a port, as pumphouse.internal or 10.0.0.5.`,
    );
  });
}

function readTrustedProxies(text: string): string[] {
  const entries = text.split(',').flatMap((entry) => entry.trim() || []);
  for (const entry of entries) {
    const [address = '', bits, ...rest] = entry.split('/');
    const most = { 4: 32, 6: 128 }[isIP(address)] ?? -1;
    const isNetwork = bits === undefined ? most > 0 : /^\d{1,3}$/.test(bits) && Number(bits) <= most;
    if (!isNetwork || rest.length > 0)
      throw new ConfigError(
        `PUMPHOUSE_TRUSTED_PROXIES: "${entry}" is neither an address nor a network such as 10.0.0.0/8.`,
      );
  }
  return entries;
}

/** "All addresses" is valid for listening, but not as an address that runs can call. */
function readAttemptsHost({
  PUMPHOUSE_ATTEMPTS_HOST: host,
  PUMPHOUSE_ATTEMPTS_URL: url,
}: Values): string | null {
  if ((host === '0.0.0.0' || host === '::') && !url)
    throw new ConfigError(
      `PUMPHOUSE_ATTEMPTS_HOST is ${host}, which runs cannot call. Set PUMPHOUSE_ATTEMPTS_URL to the address at which runs reach this server.`,
    );
  return host ?? null;
}

function choosePortAfter(port: number): number {
  return port === 0 || port === 65_535 ? 0 : port + 1;
}
