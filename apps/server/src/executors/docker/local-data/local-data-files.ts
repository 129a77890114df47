import { text } from 'node:stream/consumers';
import type { LocalDataFiles } from '../../contract/local-data-files.ts';
import { checkLocalDataScope } from '../../local-data-names.ts';
import type { DockerBackend } from '../docker-backend.ts';
import { orNull } from '../engine.ts';
import { filterOf, folders, labels, localDataVolume } from '../names.ts';
import { openShortContainer } from '../short-container.ts';
import { copyingLimits } from './snapshots.ts';

/** Opens local data in containers that see only its volume, as the user of its workspace. */
export function createLocalDataFiles(backend: DockerBackend): LocalDataFiles {
  const { installationId } = backend;
  return {
    listProfiles: (workspaceId) =>
      backend.withEngine('The local data cannot be listed', async ({ engine }) => {
        const wanted = filterOf(installationId, 'local-data');
        wanted.label.push(`${labels.workspace}=${workspaceId}`);
        const { Volumes: volumes } = await engine.listVolumes({ filters: wanted });
        return volumes.flatMap(({ Labels: own }) => own?.[labels.profile] ?? []).toSorted();
      }),

    openProgram: (scope, [action, ...given]) =>
      backend.withEngine('The local data cannot be read', async (connection) => {
        checkLocalDataScope(scope);
        const volume = localDataVolume(scope);
        // A container that names a missing volume would create it.
        if ((await orNull(connection.engine.getVolume(volume).inspect())) === null) return null;
        const host = backend.describeHost(connection, (await connection.images.requireAny()).id);
        const { stdout, stderr, ended, close } = await openShortContainer(host, {
          kind: 'reading',
          program: 'data_files.py',
          arguments: [action, folders.localData, ...given],
          user: { uid: scope.uid, gid: scope.uid },
          mounts: [{ volume, folder: folders.localData, writable: true }],
          network: 'none',
          limits: copyingLimits,
        });
        const errorText = text(stderr);
        return {
          stdout,
          ended: ended.then(async (code) => ({ code, stderr: (await errorText).trim() })),
          close,
        };
      }),
  };
}
