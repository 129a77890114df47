/** Which app a host name means, and the address of each app. */

import type { AppName } from './app-gate.ts';

export type HostPlace =
  /** The origin of one app. */
  | { kind: 'own'; app: AppName }
  /** The apps port itself, where programs with a key name the app by the first part of the path. */
  | { kind: 'bare'; host: string; protocol: 'http' | 'https' }
  | { kind: 'foreign' };

export interface AppsHosts {
  /** @param host the header as it came. @param localPort that the connection came to */
  locate(host: string | undefined, localPort: number): HostPlace;
  /** The origin of an app, as browsers write it; null for one without a port where apps have ports. */
  originOf(app: { label: string; port: number | null }): string | null;
  /** Of all apps, for programs with a key. */
  bareOrigin: string;
  isSecure: boolean;
  /** Whether apps have ports of one host: cookies and what counts as the same site are of all of them, and of the console. */
  isHostShared: boolean;
}

export const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];
const hostForm = /^([a-z0-9.-]+|\[::1\])(?::([1-9]\d{0,4}))?$/;
const labelForm = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * A name for each app: `https://<label>.<domain>`. Browsers take `*.localhost` for this machine without asking anybody.
 * @param domainSet of PUMPHOUSE_APPS_DOMAIN; null: localhost
 * @param port that the listener has
 */
export function createNamedHosts(domainSet: string | null, port: number): AppsHosts {
  const base = new URL(domainSet === null ? `http://localhost:${port}` : `https://${domainSet}`);
  const isSecure = base.protocol === 'https:';
  const ownPort = Number(base.port) || (isSecure ? 443 : 80);
  const domain = base.hostname;

  function locateOwn(name: string): HostPlace | null {
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
      // A name with another port is another origin, to which no address of ours leads.
      if (!isAtOwnPort) return { kind: 'foreign' };
      return locateOwn(name) ?? { kind: 'bare', host, protocol: isSecure ? 'https' : 'http' };
    },
    originOf: ({ label }) => `${base.protocol}//${label}.${base.host}`,
    bareOrigin: base.origin,
    isSecure,
    isHostShared: false,
  };
}

/** The app that the first part of a path names, and the path that is left for it; null where it names none. */
export function readPrefix(url: string): { app: { label: string }; path: string } | null {
  const [, label, rest = ''] = /^\/([^/?#]+)([^#]*)$/.exec(url) ?? [];
  if (label === undefined || !labelForm.test(label)) return null;
  return { app: { label }, path: rest.startsWith('/') ? rest : `/${rest}` };
}
