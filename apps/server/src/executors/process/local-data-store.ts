import type { AttemptRunner } from '../contract/attempt-runner.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import type { LocalDataStore } from '../contract/local-data-store.ts';
import { checkLocalDataScope } from '../local-data-names.ts';
import { locateAttemptFolder } from './attempt-folder.ts';
import { requireVisible } from './attempt-location.ts';
import { copySnapshot, requireCopy, takeSnapshot } from './local-data.ts';
import { requireIsolation, type ProcessBackend } from './process-backend.ts';

/** Copies local data in a sandbox, as the user of its workspace. */
export function createLocalDataStore(backend: ProcessBackend, attemptRunner: AttemptRunner): LocalDataStore {
  const { dataDir } = backend;
  return {
    async takeSnapshot(context, isWhole, extent) {
      checkLocalDataScope(context);
      return takeSnapshot(requireIsolation(backend), context, isWhole, extent);
    },
    async refreshCopy(handle, context) {
      checkLocalDataScope(context);
      const { attemptId } = requireVisible(handle, dataDir).data;
      const { state } = await attemptRunner.inspect(handle);
      if (state !== 'running') throw new ExecutorError('backend', 'The attempt does not run.');
      const { localDataCopy } = locateAttemptFolder(dataDir, attemptId);
      await requireCopy(localDataCopy);
      await copySnapshot(requireIsolation(backend), context, localDataCopy);
    },
  };
}
