import { ExecutorError } from '../../contract/executor-error.ts';
import type { LocalDataStore } from '../../contract/local-data-store.ts';
import { checkLocalDataScope } from '../../local-data-names.ts';
import { requireHandle } from '../attempt-handle.ts';
import { inspectAttempt, makeLocalData } from '../attempts.ts';
import type { DockerBackend } from '../docker-backend.ts';
import { attemptVolume, labels } from '../names.ts';
import { copySnapshot, takeSnapshot } from './snapshots.ts';

/** Copies local data between volumes, in short containers. */
export function createLocalDataStore(backend: DockerBackend): LocalDataStore {
  const { installationId } = backend;
  return {
    takeSnapshot: (of, isWhole, extent) =>
      backend.withEngine('No snapshot of local data could be taken', async (connection) => {
        checkLocalDataScope(of);
        const live = await makeLocalData(connection.engine, of);
        const context = backend.describeHost(connection, (await connection.images.requireAny()).id);
        return takeSnapshot(context, { ...of, live }, isWhole, extent);
      }),
    refreshCopy: (handle, of) =>
      backend.withEngine('The copy of local data could not be refreshed', async (connection) => {
        checkLocalDataScope(of);
        const { attemptId } = requireHandle(handle, connection.engineId);
        const container = await inspectAttempt(connection.engine, attemptId);
        if (container?.State.Running !== true)
          throw new ExecutorError('backend', 'The attempt does not run.');
        if (container.Config.Labels[labels.snapshot] === undefined)
          throw new ExecutorError('backend', 'The attempt has no copy of local data.');
        await copySnapshot(
          backend.describeHost(connection, container.Image),
          of,
          attemptVolume(installationId, attemptId),
        );
      }),
  };
}
