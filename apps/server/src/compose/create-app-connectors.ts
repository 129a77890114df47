import type { AppConnector } from '../executors/contract/app-connector.ts';
import type { Executor } from '../executors/executor.ts';
import { ExecutorError } from '../executors/contract/executor-error.ts';
import { readWorkerId } from '../executors/remote/worker-names.ts';

/** Connects to apps of this server's executor and of the workers that are connected to it. */
export function createAppConnectors(
  own: AppConnector | null,
  findExecutor: (workerId: string) => Executor | null,
): AppConnector {
  return {
    async connect(handle, port) {
      const workerId = readWorkerId(handle);
      const connector = workerId === null ? own : findExecutor(workerId)?.appConnector;
      if (connector) return connector.connect(handle, port);
      throw new ExecutorError(
        'backend',
        workerId === null
          ? 'The executor of this server runs no apps.'
          : 'The worker of this app is not connected to this server.',
      );
    },
  };
}
