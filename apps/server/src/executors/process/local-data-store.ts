import type { AttemptRunner } from '../contract/attempt-runner.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import type { LocalDataStore } from '../contract/local-data-store.ts';
import { checkPlace } from '../local-data-names.ts';
import { locateAttemptFolder } from './attempt-folder.ts';
import { requireVisible } from './attempt-place.ts';
import { copySnapshot, requireCopy, takeSnapshot } from './local-data.ts';
import { requireIsolation, type ProcessBackend } from './process-backend.ts';

/** Copies local data in a sandbox, as the user of its workspace. */
export function createLocalDataStore(backend: ProcessBackend, attemptRunner: AttemptRunner): LocalDataStore {
  const { dataDir } = backend;
  return {
    async takeSnapshot(place, isUntouched, extent) {
      checkPlace(place);
      return takeSnapshot(requireIsolation(backend), place, isUntouched, extent);
    },
    async refreshCopy(handle, place) {
      checkPlace(place);
      const { attemptId } = requireVisible(handle, dataDir).data;
      const { state } = await attemptRunner.inspect(handle);
      if (state !== 'running') throw new ExecutorError('backend', 'The attempt does not run.');
      const { localDataCopy } = locateAttemptFolder(dataDir, attemptId);
      await requireCopy(localDataCopy);
      await copySnapshot(requireIsolation(backend), place, localDataCopy);
    },
  };
}
