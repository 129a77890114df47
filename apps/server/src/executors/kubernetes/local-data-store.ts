import { randomUUID } from 'node:crypto';
import { ExecutorError } from '../contract/executor-error.ts';
import type { LocalDataScope, LocalDataStore } from '../contract/local-data-store.ts';
import { checkLocalDataScope, readCopyReport } from '../local-data-names.ts';
import { readHandle } from './attempt-handle.ts';
import { hasEnded, readUser, type Attempts } from './attempts.ts';
import type { KubernetesBackend } from './kubernetes-backend.ts';
import { annotations } from './names.ts';
import { planVolumePaths } from './volume-paths.ts';
import { askClaimProgram, runClaimProgram } from './short-pod.ts';

/** Copies local data between folders of the claim, in short pods. */
export function createLocalDataStore(backend: KubernetesBackend, attempts: Attempts): LocalDataStore {
  const { installationId } = backend;
  const volume = planVolumePaths(installationId);
  const scopeOf = ({ workspaceId, profile }: LocalDataScope): string =>
    volume.localData(workspaceId, profile);

  return {
    takeSnapshot: (of, isWhole, { only } = {}) =>
      backend.withCluster('No snapshot of local data could be taken', async (connection) => {
        checkLocalDataScope(of);
        const given = { root: volume.root, scope: scopeOf(of), unique: randomUUID().slice(0, 8) };
        const { uid } = of;
        let isKept = false;
        try {
          const program = { action: 'snapshot', given: { ...given, only: only ?? null }, uid };
          const { exitCode, lines } = await runClaimProgram(backend, connection, program);
          const copied = readCopyReport(exitCode, lines, lines);
          if (copied === null || !(await isWhole(copied))) return null;
          await askClaimProgram(backend, connection, { action: 'keep', given, uid });
          isKept = true;
          return copied;
        } finally {
          if (!isKept)
            await askClaimProgram(backend, connection, { action: 'drop', given, uid }).catch(() => undefined);
        }
      }),
    refreshCopy: (handle, of) =>
      backend.withCluster('The copy of local data could not be refreshed', async (connection) => {
        checkLocalDataScope(of);
        const data = readHandle(handle);
        if ('elsewhere' in data) throw new ExecutorError('backend', data.elsewhere);
        const pod = await attempts.require(connection, data);
        if (data.place !== connection.place || pod === null || hasEnded(pod))
          throw new ExecutorError('backend', 'The attempt does not run.');
        if (pod.metadata.annotations?.[annotations.hasCopy] !== 'true')
          throw new ExecutorError('backend', 'The attempt has no copy of local data.');
        const target = `${volume.copy(data.attemptId, readUser(pod))}/data`;
        await askClaimProgram(backend, connection, {
          action: 'refresh',
          given: { scope: scopeOf(of), target },
          uid: of.uid,
        });
      }),
  };
}
