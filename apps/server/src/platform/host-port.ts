/** Hosts with ports, as in settings and at which servers reach each other. */
import { isIP } from 'node:net';

export interface HostPort {
  host: string;
  port: number;
}

const maxPort = 65_535;

/** Formats a host and a port, with an IPv6 address in brackets. */
export function formatHostPort({ host, port }: HostPort): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * Parses a host name or an address, with or without a port. An IPv6 address with a port is in brackets.
 * @returns null if the text is not one; `port` is null without a port
 */
export function parseHostPort(text: string): { host: string; port: number | null } | null {
  if (isIP(text) === 6) return { host: text, port: null };
  const { name, address, digits } =
    /^(?:\[(?<address>[^\]]+)\]|(?<name>[\w.-]+))(?::(?<digits>\d{1,5}))?$/.exec(text)?.groups ?? {};
  const host = address ?? name;
  const port = digits === undefined ? null : Number(digits);
  if (host === undefined || (address !== undefined && isIP(address) !== 6)) return null;
  return port === 0 || (port ?? 0) > maxPort ? null : { host, port };
}
