import type { AppConnector } from '../contract/app-connector.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import { checkAppPort } from '../app-port.ts';
import { locateAttemptFolder } from './attempt-folder.ts';
import { requireVisible } from './attempt-location.ts';
import { connectToAttempt } from './connect-to-attempt.ts';
import { isErrorCode } from '../../platform/error-code.ts';

/** Connects to apps through the ingress sockets of their attempts. */
export function createAppConnector({ dataDir }: { dataDir: string }): AppConnector {
  return {
    async connect(handle, port) {
      const { attemptId } = requireVisible(handle, dataDir).data;
      checkAppPort(port);
      return connectToAttempt(locateAttemptFolder(dataDir, attemptId).path, port).catch((error: unknown) => {
        throw new ExecutorError('backend', describeRefusal(error), { cause: error });
      });
    },
  };
}

/** The ingress socket exists as long as an attempt with an isolated network runs. */
function describeRefusal(error: unknown): string {
  if (isErrorCode(error, 'ENOENT') || isErrorCode(error, 'ECONNREFUSED'))
    return 'The attempt does not run, or has no isolated network.';
  return error instanceof Error ? error.message : String(error);
}
