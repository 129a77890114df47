import type { Config } from '../config/config.ts';
import type { AppConnector } from '../executors/contract/app-connector.ts';
import type { Logger } from 'pino';
import type { OpenAddresses } from './server-addresses.ts';
import type { Persistence } from '../store/store.ts';
import type { Services } from '../services/create-services.ts';
import { createAppGate } from './app-gate/create-app-gate.ts';
import { createAppsListener } from '../proxy/apps-listener.ts';
import { givePortsToPublished } from '../services/apps/give-port.ts';

/** Enough for the end of a traceback. */
const shownLogLines = 30;

export interface AppsProxy {
  /** Opens the port or ports of apps. With a random port, their URLs are unknown before this. */
  listen(): Promise<void>;
  stop(): Promise<void>;
}

/** Creates the proxy in front of apps, without listening. */
export function createAppsProxy(
  config: Config,
  parts: {
    persistence: Persistence;
    services: Services;
    appConnector: AppConnector | null;
    addresses: OpenAddresses;
    log: Logger;
  },
): AppsProxy {
  const { persistence, services, appConnector, addresses, log } = parts;
  const { apps, readLogLines } = services;
  const { origins } = config.apps;
  const ports = origins.kind === 'ports' ? origins.ports : null;
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
  apps.onLinkRevoked(() => gate.announceRevoked());
  const listener = createAppsListener({
    gate,
    publicUrl: config.publicUrl,
    makeHosts: addresses.makeAppsHosts,
    ports,
    trustedProxies: config.trustedProxies,
    log,
  });
  return {
    async listen() {
      await listener.listen({ host: config.host, port: config.apps.port });
      addresses.setAppsPort(listener.port());
      if (ports !== null) await givePortsToPublished(persistence, apps.givePort, log);
    },
    async stop() {
      await listener.close();
      await gate.close();
    },
  };
}
