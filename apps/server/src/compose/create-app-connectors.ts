import type { AppConnectionProofs } from '../executors/remote/app-connection-proof.ts';
import type { AppConnector } from '../executors/contract/app-connector.ts';
import type { Executor } from '../executors/executor.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';
import { connectThroughServer } from '../executors/remote/connect-through-server.ts';
import { ExecutorError } from '../executors/contract/executor-error.ts';
import { liveSeconds } from '../services/secret-keys/server-keys.ts';
import { readWorkerId } from '../executors/remote/worker-names.ts';

export interface AppConnectors {
  /** Connects to apps of this server's executor and of workers, whichever server they are connected to. */
  all: AppConnector;
  /** Connects to apps of the workers that are connected to this server. */
  ofConnectedWorkers: AppConnector;
}

export interface AppConnectorsDependencies {
  persistence: Persistence<'servers'>;
  proofs: AppConnectionProofs;
  /** That of this server's executor. */
  own: AppConnector | null;
  /** The executor of a worker that is connected to this server; null for others. */
  findExecutor: (workerId: string) => Executor | null;
  log: Logger;
}

/** How often the reason is logged while visitors keep asking for an app that is not reached. */
const logEveryMs = 30_000;

export function createAppConnectors({
  persistence,
  proofs,
  own,
  findExecutor,
  log,
}: AppConnectorsDependencies): AppConnectors {
  const ofConnectedWorkers: AppConnector = {
    async connect(handle, port) {
      const connector = findExecutor(readWorkerId(handle) ?? '')?.appConnector;
      if (connector) return connector.connect(handle, port);
      throw new ExecutorError('backend', 'The worker of this app is not connected to this server.');
    },
  };

  let loggedAt = -Infinity;
  /** The other server connects only to its own workers, so a call goes through two servers at most. */
  async function connectElsewhere(workerId: string, ...[handle, port]: Parameters<AppConnector['connect']>) {
    try {
      const found = await persistence.store.servers.findOfWorker(workerId, liveSeconds);
      const address = found?.address ?? null;
      if (found && address !== null)
        return await connectThroughServer({ ...found, address }, { handle, port }, proofs);
      throw new ExecutorError('backend', 'No server is connected to the worker of this app.');
    } catch (error) {
      if (performance.now() - loggedAt >= logEveryMs) {
        loggedAt = performance.now();
        log.warn({ err: error, workerId }, 'an app of a worker could not be reached');
      }
      throw error;
    }
  }

  return {
    ofConnectedWorkers,
    all: {
      async connect(handle, port) {
        const workerId = readWorkerId(handle);
        if (workerId !== null)
          return findExecutor(workerId)
            ? ofConnectedWorkers.connect(handle, port)
            : connectElsewhere(workerId, handle, port);
        if (own) return own.connect(handle, port);
        throw new ExecutorError('backend', 'The executor of this server runs no apps.');
      },
    },
  };
}
