import type { AppServices } from '../services/apps/apps.ts';
import type { Authorize } from '../services/people/authorize.ts';
import type { Config } from '../config/config.ts';
import type { AppConnector } from '../executors/contract/app-connector.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';
import type { Services } from './assemble-services.ts';
import { assembleApps } from './assemble-apps.ts';
import { createAppsListener } from '../proxy/apps-listener.ts';
import { createAppGate } from './app-gate/create-app-gate.ts';
import { createGivePort, givePortsToPublished } from '../services/apps/give-port.ts';
import { createNamedHosts, type AppsHosts } from '../proxy/hosts.ts';
import { createPortHosts } from '../proxy/port-hosts.ts';
import { createOpenRunLog } from '../services/logs/open-run-log.ts';
import { createReadLogLines } from '../services/logs/read-log-lines.ts';

/** Enough for the end of a traceback. */
const shownLogLines = 30;

export interface PreparedApps {
  apps: AppServices;
  /** Opens the port or ports of apps. With a random port, their URLs are unknown before this. */
  listen(): Promise<void>;
  stop(): Promise<void>;
}

/** Creates the services of apps and the proxy in front of them, without listening. */
export function prepareApps(
  config: Config,
  parts: {
    persistence: Persistence;
    authorize: Authorize;
    services: Services;
    appConnector: AppConnector | null;
    /** Where users sign in. */
    publicUrl: () => string;
    log: Logger;
  },
): PreparedApps {
  const { persistence, authorize, services, appConnector, publicUrl, log } = parts;
  const { origins } = config.apps;
  const ports = origins.kind === 'ports' ? origins.ports : null;
  const givePort = createGivePort(ports);
  let hosts: AppsHosts | null = null;
  const makeHosts = (port: number): AppsHosts =>
    origins.kind === 'ports'
      ? createPortHosts({ serverUrl: publicUrl(), ports: origins.ports, barePort: port })
      : createNamedHosts(origins.domain, port);
  const taken = { announce: () => undefined as void };
  const apps = assembleApps({
    persistence,
    authorize,
    services,
    origins: () => hosts ?? makeHosts(config.apps.port),
    serverUrl: publicUrl,
    givePort,
    onTaken: () => taken.announce(),
  });
  const readLogLines = createReadLogLines(createOpenRunLog({ persistence, logFiles: services.logFiles }));
  const gate = createAppGate({
    persistence,
    apps,
    startRuns: services.startRuns,
    appConnector,
    async readLastLines(workspaceId, jobRunId) {
      const range = { fromLine: -shownLogLines, limit: shownLogLines };
      return (await readLogLines(workspaceId, jobRunId, range)).lines.map(({ content }) => content);
    },
    log,
  });
  taken.announce = () => gate.announceTaken();
  const listener = createAppsListener({
    gate,
    publicUrl: config.publicUrl,
    makeHosts,
    ports,
    trustedProxies: config.trustedProxies,
    log,
  });
  return {
    apps,
    async listen() {
      await listener.listen({ host: config.host, port: config.apps.port });
      hosts = makeHosts(listener.port());
      if (ports !== null) await givePortsToPublished(persistence, givePort, log);
    },
    async stop() {
      await listener.close();
      await gate.close();
    },
  };
}
