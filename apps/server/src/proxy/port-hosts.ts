/** A port for each app, at the host of the server itself, where there is no name for each. */
import type { AppsHosts, HostPlace } from './hosts.ts';
import { isInRange, type PortRange } from '../domain/primitives/port-range.ts';
import { loopbackNames } from './hosts.ts';

/**
 * Which app is meant is told by the port that the connection came to, which nobody can lie about. So a proxy in front has to hand each port on to
 * the same one. The host is looked at too: a name that somebody else has made lead here is none of ours.
 * @param at.serverUrl how people reach the server; the ports are of its host, and https where it is
 * @param at.barePort of the bare address
 */
export function createPortHosts(at: { serverUrl: string; ports: PortRange; barePort: number }): AppsHosts {
  const { ports, barePort } = at;
  const { protocol, hostname } = new URL(at.serverUrl);
  const isSecure = protocol === 'https:';
  const originAt = (port: number) => new URL(`${protocol}//${hostname}:${port}`).origin;

  function locateBare(host: string, isOurs: boolean): HostPlace {
    if (loopbackNames.some((name) => host === `${name}:${barePort}`))
      return { kind: 'bare', host, protocol: 'http' };
    return isOurs ? { kind: 'bare', host, protocol: isSecure ? 'https' : 'http' } : { kind: 'foreign' };
  }

  return {
    locate(header, localPort) {
      const host = header?.toLowerCase() ?? '';
      // Proxies leave the port out unless they are told to keep it; the port of the connection is what counts.
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
