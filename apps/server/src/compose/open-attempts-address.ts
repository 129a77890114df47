import type { AttemptsAddress } from '../listeners/attempts-address.ts';
import type { Config } from '../config/config.ts';
import type { CreatedExecutor } from './create-executor.ts';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { OpenParts } from './open-parts.ts';
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

export interface AttemptsAddressParts {
  /** Builds what runs in containers reach, without listening. */
  buildRunsApi: () => FastifyInstance;
  /** Builds what bootstraps on this machine reach, without listening. */
  buildAttemptsApi: () => FastifyInstance;
  /** Where both are served too, for a data folder that supports no sockets. */
  listeningUrl: string;
  listeners: OpenParts;
  log: Logger;
}

/**
 * Opens the address for attempts: a listener on the network of containers, or a socket for processes on this
 * machine.
 */
export async function openAttemptsAddress(
  config: Config,
  created: CreatedExecutor,
  { buildRunsApi, buildAttemptsApi, listeningUrl, listeners, log }: AttemptsAddressParts,
): Promise<OpenAttemptsAddress> {
  const runsListener = await openRunsListener(config, created, { buildApi: buildRunsApi, log });
  if (runsListener) {
    listeners.add('listener of runs', () => runsListener.stop());
    return { ...runsListener, runsUrl: () => runsListener.url() };
  }
  const { machineId, hostName } = readServerLocation();
  const socket = await openAttemptsSocket({
    dataDir: config.dataDir,
    machine: machineId || hostName,
    api: buildAttemptsApi(),
    closeApi: closeHttpApp,
    log,
  });
  listeners.add('socket of attempts', () => socket.stop());
  const url = config.attemptsUrl ?? listeningUrl;
  return {
    ...createFixedAddress({ url, socket: socket.path }),
    runsUrl: null,
    findProblem: async () => null,
  };
}
