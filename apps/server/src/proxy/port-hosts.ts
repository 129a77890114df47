/** A port for each app on the server's own host, for servers without a wildcard domain. */
import type { AppsHosts, HostTarget } from './hosts.ts';
import { isInRange, type PortRange } from '../domain/primitives/port-range.ts';
import { loopbackNames } from './hosts.ts';

/**
 * The app is derived from the port of the connection, which clients cannot forge, so a proxy in front must
 * forward each port to the same port. The host is checked too: a foreign name may point to this server.
 * @param at.serverUrl public URL of the server; the ports use its host and scheme
 * @param at.barePort port of the bare address
 */
export function createPortHosts(at: { serverUrl: string; ports: PortRange; barePort: number }): AppsHosts {
  const { ports, barePort } = at;
  const { protocol, hostname } = new URL(at.serverUrl);
  const isSecure = protocol === 'https:';
  const originAt = (port: number) => new URL(`${protocol}//${hostname}:${port}`).origin;

  function locateBare(host: string, isOurs: boolean): HostTarget {
    if (loopbackNames.some((name) => host === `${name}:${barePort}`))
      return { kind: 'bare', host, protocol: 'http' };
    return isOurs ? { kind: 'bare', host, protocol: isSecure ? 'https' : 'http' } : { kind: 'foreign' };
  }

  return {
    locate(header, localPort) {
      const host = header?.toLowerCase() ?? '';
      // Proxies omit the port unless configured to keep it, so the port of the connection counts.
      const isOurs = host === hostname || host === `${hostname}:${localPort}`;
      if (localPort === barePort) return locateBare(host, isOurs);
      return isOurs && isInRange(ports, localPort)
        ? { kind: 'own', app: { port: localPort } }
        : { kind: 'foreign' };
    },
    originOf: ({ port }) => (port !== null && isInRange(ports, port) ? originAt(port) : null),
    bareOrigin: originAt(barePort),
    isSecure,
    isHostShared: true,
  };
}
