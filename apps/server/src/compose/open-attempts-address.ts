import type { ApiDependencies } from '../api/dependencies.ts';
import type { AttemptsAddress } from '../listeners/attempts-address.ts';
import type { Config } from '../config/config.ts';
import type { CreatedExecutor } from './create-executor.ts';
import type { OpenParts } from './open-parts.ts';
import { buildAttemptsApi } from './build-runs-api.ts';
import { closeHttpApp } from '../http/http-app.ts';
import { createFixedAddress } from '../listeners/attempts-address.ts';
import { openAttemptsSocket } from '../listeners/attempts-socket.ts';
import { openRunsListener } from './open-runs-listener.ts';
import { readServerLocation } from '../executors/process/attempt-location.ts';

/** Where attempts and the code of runs reach this server. */
export interface OpenAttemptsAddress extends AttemptsAddress {
  /** The URL of the API for the code of runs, once known; null if it is the server's public URL. */
  runsUrl: (() => string | null) | null;
  /** Returns what prevents runs from reaching this server; null if nothing does. */
  findProblem(): Promise<string | null>;
}

/**
 * Opens the address for attempts: a listener on the network of containers, or a socket for processes on this
 * machine.
 * @param listeningUrl where the public API listens
 */
export async function openAttemptsAddress(
  config: Config,
  created: CreatedExecutor,
  { api, listeningUrl, listeners }: { api: ApiDependencies; listeningUrl: string; listeners: OpenParts },
): Promise<OpenAttemptsAddress> {
  const runsListener = await openRunsListener(config, created, api);
  if (runsListener) {
    listeners.add(() => runsListener.stop());
    return { ...runsListener, runsUrl: () => runsListener.url() };
  }
  const { machineId, hostName } = readServerLocation();
  const socket = await openAttemptsSocket({
    dataDir: config.dataDir,
    machine: machineId || hostName,
    api: buildAttemptsApi(api),
    closeApi: closeHttpApp,
    log: api.log,
  });
  listeners.add(() => socket.stop());
  const url = config.attemptsUrl ?? listeningUrl;
  return {
    ...createFixedAddress({ url, socket: socket.path }),
    runsUrl: null,
    findProblem: async () => null,
  };
}
