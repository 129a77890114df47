/** Host names under which the server answers. */
import { isIP } from 'node:net';

/** @param localAddress of the connection; undefined where there is none */
export type IsAllowedHost = (host: string, localAddress: string | undefined) => boolean;

const hostForm = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]+))(?::\d{1,5})?$/;

/**
 * Decides by the name alone, whatever the port: a page of another site can point its own name at this server (DNS rebinding), but it
 * cannot have a browser send a name that is not its own. Allowed are the names that are given, loopback, and the address that the
 * connection came to, which a load balancer or a container calls without knowing a name.
 */
export function createAllowedHosts(names: readonly string[]): IsAllowedHost {
  const allowed = new Set(names.map((name) => readHostName(name) ?? name.toLowerCase()));
  return (host, localAddress) => {
    const name = readHostName(host);
    if (name === null) return false;
    return allowed.has(name) || isLoopbackHost(name) || name === plainAddress(localAddress);
  };
}

/** The name in a Host header or in a setting, without the port; null for what is neither a name nor an address. */
export function readHostName(host: string): string | null {
  const [, address, name] = hostForm.exec(host.toLowerCase()) ?? [];
  if (address !== undefined) return isIP(address) === 6 ? address : null;
  return name ?? null;
}

/** A name without a port. Names other than localhost are taken for what they may become: an address that others reach. */
export function isLoopbackHost(name: string): boolean {
  if (name === 'localhost' || name === '::1') return true;
  return isIP(name) === 4 && name.startsWith('127.');
}

/** A socket of IPv6 shows an address of IPv4 as `::ffff:10.0.0.5`. */
function plainAddress(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:(?=\d+\.)/i, '');
}
