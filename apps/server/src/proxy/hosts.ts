/** Maps host names to apps, and apps to their URLs. */

import type { AppName } from './app-gate.ts';

export type HostTarget =
  /** The origin of one app. */
  | { kind: 'own'; app: AppName }
  /** The apps port itself, where programs with a key name the app in the first path segment. */
  | { kind: 'bare'; host: string; protocol: 'http' | 'https' }
  | { kind: 'foreign' };

export interface AppsHosts {
  /**
   * @param host the unmodified header
   * @param localPort the port on which the connection arrived
   */
  locate(host: string | undefined, localPort: number): HostTarget;
  /** The origin of an app as browsers write it; null for an app without a port if apps have ports. */
  originOf(app: { label: string; port: number | null }): string | null;
  /** Shared by all apps, for programs with a key. */
  bareOrigin: string;
  isSecure: boolean;
  /**
   * Whether apps are ports of one host: then cookies and the site are shared by all of them and by the
   * console.
   */
  isHostShared: boolean;
}

export const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];
const hostForm = /^([a-z0-9.-]+|\[::1\])(?::([1-9]\d{0,4}))?$/;
const labelForm = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Creates a host name for each app: `https://<label>.<domain>`. Browsers resolve `*.localhost` to this
 * machine without DNS.
 * @param domainSet value of PUMPHOUSE_APPS_DOMAIN; null means localhost
 * @param port the port of the listener
 */
export function createNamedHosts(domainSet: string | null, port: number): AppsHosts {
  const base = new URL(domainSet === null ? `http://localhost:${port}` : `https://${domainSet}`);
  const isSecure = base.protocol === 'https:';
  const ownPort = Number(base.port) || (isSecure ? 443 : 80);
  const domain = base.hostname;

  function locateOwn(name: string): HostTarget | null {
    if (name === domain) return null;
    if (!name.endsWith(`.${domain}`)) return { kind: 'foreign' };
    const label = name.slice(0, -domain.length - 1);
    return labelForm.test(label) ? { kind: 'own', app: { label } } : { kind: 'foreign' };
  }

  return {
    locate(header) {
      const host = header?.toLowerCase() ?? '';
      const [, name, portText] = hostForm.exec(host) ?? [];
      if (name === undefined) return { kind: 'foreign' };
      const isAtOwnPort = Number(portText ?? (isSecure ? 443 : 80)) === ownPort;
      if (loopbackNames.includes(name))
        return Number(portText ?? 80) === port
          ? { kind: 'bare', host, protocol: 'http' }
          : { kind: 'foreign' };
      // The same name with another port is another origin, which no URL of ours uses.
      if (!isAtOwnPort) return { kind: 'foreign' };
      return locateOwn(name) ?? { kind: 'bare', host, protocol: isSecure ? 'https' : 'http' };
    },
    originOf: ({ label }) => `${base.protocol}//${label}.${base.host}`,
    bareOrigin: base.origin,
    isSecure,
    isHostShared: false,
  };
}

/** The app named in the first path segment, and the remaining path; null if there is none. */
export function readPrefix(url: string): { app: { label: string }; path: string } | null {
  const [, label, rest = ''] = /^\/([^/?#]+)([^#]*)$/.exec(url) ?? [];
  if (label === undefined || !labelForm.test(label)) return null;
  return { app: { label }, path: rest.startsWith('/') ? rest : `/${rest}` };
}
