/** Checks the host names under which the server answers. */
import { isIP } from 'node:net';

/** @param localAddress local address of the connection; undefined if there is none */
export type IsAllowedHost = (host: string, localAddress: string | undefined) => boolean;

const hostForm = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]+))(?::\d{1,5})?$/;

/**
 * Creates a check by name only, whatever the port. A page of another site can point its own name at this
 * server (DNS rebinding), but it cannot make a browser send a name other than its own. Allowed are the given
 * names, loopback, and the local address of the connection, which load balancers and containers use without
 * knowing a name.
 * @param readNames the names; read for each check, because a running server may get others
 */
export function createAllowedHosts(readNames: () => readonly string[] = () => []): IsAllowedHost {
  const isNamed = (host: string) =>
    readNames().some((name) => (readHostName(name) ?? name.toLowerCase()) === host);
  return (host, localAddress) => {
    const name = readHostName(host);
    if (name === null) return false;
    return isLoopbackHost(name) || name === plainAddress(localAddress) || isNamed(name);
  };
}

/**
 * Reads the name in a Host header or in a setting, without the port; null if it is neither a name nor an
 * address.
 */
export function readHostName(host: string): string | null {
  const [, address, name] = hostForm.exec(host.toLowerCase()) ?? [];
  if (address !== undefined) return isIP(address) === 6 ? address : null;
  return name ?? null;
}

/**
 * Reports whether a name without a port is loopback. Names other than localhost are not, because they may
 * resolve to an address that others can reach.
 */
export function isLoopbackHost(name: string): boolean {
  if (name === 'localhost' || name === '::1') return true;
  return isIP(name) === 4 && name.startsWith('127.');
}

/** An IPv6 socket shows an IPv4 address as `::ffff:10.0.0.5`. */
function plainAddress(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:(?=\d+\.)/i, '');
}
