import type { ApiDependencies } from '../api/dependencies.ts';
import type { Config } from '../config/config.ts';
import type { CreatedExecutor } from './create-executor.ts';
import { buildAttemptsApi } from './build-runs-api.ts';
import { closeHttpApp } from '../http/http-app.ts';
import { openAttemptsSocket, type AttemptsSocket } from '../listeners/attempts-socket.ts';
import { readPlace } from '../executors/process/attempt-place.ts';

/**
 * Opens the socket for attempts that are processes on this machine; null if runs are containers, which cannot
 * access it.
 */
export async function openSocketOfAttempts(
  { dataDir }: Config,
  { containers }: CreatedExecutor,
  api: ApiDependencies,
): Promise<AttemptsSocket | null> {
  if (containers) return null;
  const { machineId, hostName } = readPlace();
  return openAttemptsSocket({
    dataDir,
    machine: machineId || hostName,
    api: buildAttemptsApi(api),
    closeApi: closeHttpApp,
    log: api.log,
  });
}
