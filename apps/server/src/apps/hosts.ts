/** Which app a host name means, and the address of each app. */

export type HostPlace =
  /** The host of one app. */
  | { kind: 'own'; label: string }
  /** The apps port itself, where programs with a key name the app by the first part of the path. */
  | { kind: 'bare'; host: string; protocol: 'http' | 'https' }
  | { kind: 'foreign' };

export interface AppsHosts {
  /** @param host the header as it came */
  locate(host: string | undefined): HostPlace;
  /** The origin of an app, as browsers write it. */
  originOf(label: string): string;
  isSecure: boolean;
}

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);
const hostForm = /^([a-z0-9.-]+|\[::1\])(?::([1-9]\d{0,4}))?$/;
const labelForm = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Where apps are, with `{label}` and `{port}` left open: browsers take `*.localhost` for this machine without asking anybody.
 * @param domain of PUMPHOUSE_APPS_DOMAIN
 */
export function makeAppsUrl(domain: string | null): string {
  return domain === null ? 'http://{label}.localhost:{port}' : `https://{label}.${domain}`;
}

/** @param port that the listener has */
export function readAppsUrl(template: string, port: number): AppsHosts {
  const fill = (label: string) => new URL(template.replace('{label}', label).replace('{port}', String(port)));
  const example = fill('label');
  const isSecure = example.protocol === 'https:';
  const ownPort = Number(example.port) || (isSecure ? 443 : 80);
  const domain = example.hostname.slice('label.'.length);

  function locateOwn(name: string): HostPlace | null {
    if (name === domain) return null;
    if (!name.endsWith(`.${domain}`)) return { kind: 'foreign' };
    const label = name.slice(0, -domain.length - 1);
    return labelForm.test(label) ? { kind: 'own', label } : { kind: 'foreign' };
  }

  return {
    locate(header) {
      const host = header?.toLowerCase() ?? '';
      const [, name, portText] = hostForm.exec(host) ?? [];
      if (name === undefined) return { kind: 'foreign' };
      const isAtOwnPort = Number(portText ?? (isSecure ? 443 : 80)) === ownPort;
      if (loopbackNames.has(name))
        return Number(portText ?? 80) === port
          ? { kind: 'bare', host, protocol: 'http' }
          : { kind: 'foreign' };
      // A name with another port is another origin, to which no address of ours leads.
      if (!isAtOwnPort) return { kind: 'foreign' };
      return locateOwn(name) ?? { kind: 'bare', host, protocol: isSecure ? 'https' : 'http' };
    },
    originOf: (label) => fill(label).origin,
    isSecure,
  };
}

/** The app that the first part of a path names, and the path that is left for it; null where it names none. */
export function readPrefix(url: string): { label: string; path: string } | null {
  const [, label, rest = ''] = /^\/([^/?#]+)([^#]*)$/.exec(url) ?? [];
  if (label === undefined || !labelForm.test(label)) return null;
  return { label, path: rest.startsWith('/') ? rest : `/${rest}` };
}
