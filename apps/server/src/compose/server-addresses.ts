import type { AppsHosts } from '../proxy/hosts.ts';
import type { Config } from '../config/config.ts';
import type { ServerAddresses } from '../services/service-ports.ts';
import { createNamedHosts } from '../proxy/hosts.ts';
import { createPortHosts } from '../proxy/port-hosts.ts';

/** The addresses of this server, and how listeners report theirs when they open. */
export interface OpenAddresses extends ServerAddresses {
  /** Creates the hosts of apps for a listening port. */
  makeAppsHosts: (port: number) => AppsHosts;
  setServerUrl(url: string): void;
  setAppsPort(port: number): void;
  /** Sets the address for the code of runs; null if it is the server's. */
  setRunsUrl(runsUrl: (() => string | null) | null): void;
}

/** Creates the addresses from the settings; a port 0 is resolved when its listener reports the port. */
export function createServerAddresses(config: Pick<Config, 'publicUrl' | 'apps'>): OpenAddresses {
  const { origins, port } = config.apps;
  let listeningUrl = '';
  let runsUrl: (() => string | null) | null = null;
  let appsHosts: AppsHosts | null = null;
  const serverUrl = () => config.publicUrl ?? listeningUrl;
  const makeAppsHosts = (barePort: number): AppsHosts =>
    origins.kind === 'ports'
      ? createPortHosts({ serverUrl: serverUrl(), ports: origins.ports, barePort })
      : createNamedHosts(origins.domain, barePort);
  return {
    serverUrl,
    apiUrl: () => runsUrl?.() ?? serverUrl(),
    appOrigins: () => appsHosts ?? makeAppsHosts(port),
    makeAppsHosts,
    setServerUrl: (url) => void (listeningUrl = url),
    setAppsPort: (appsPort) => void (appsHosts = makeAppsHosts(appsPort)),
    setRunsUrl: (url) => void (runsUrl = url),
  };
}
