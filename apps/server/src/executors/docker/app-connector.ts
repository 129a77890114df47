import type { AppConnector } from '../contract/app-connector.ts';
import { checkAppPort } from '../app-port.ts';
import type { Connections } from './app-network.ts';
import { requireHandle } from './attempt-handle.ts';
import type { DockerBackend } from './docker-backend.ts';

/** Connects to apps through a relay in their container. */
export function createAppConnector(backend: DockerBackend, connections: Connections): AppConnector {
  return {
    connect: (handle, port) =>
      backend.withEngine('The app cannot be reached', async ({ engine, engineId }) => {
        const { attemptId } = requireHandle(handle, engineId);
        checkAppPort(port);
        return connections.connect(engine, attemptId, port);
      }),
  };
}
