import type Docker from 'dockerode';
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import type { AttemptRunner, AttemptSpec } from '../contract/attempt-runner.ts';
import { closeNetwork, type Connections } from './app-network.ts';
import { buildHandle, readHandle, requireHandle } from './attempt-handle.ts';
import {
  discardContainer,
  hasStarted,
  holdsAttempt,
  inspectAttempt,
  deriveAttemptState,
  listAttempts,
  makeLocalData,
  removeAttempt,
  startContainer,
  stopContainer,
} from './attempts.ts';
import type { DockerBackend } from './docker-backend.ts';
import { isMissing } from './engine.ts';
import { requireEnvironment } from './environments.ts';
import { putFiles } from './files.ts';
import { attemptName, attemptVolume, executorName, folders } from './names.ts';
import { copySnapshot } from './local-data/snapshots.ts';
import type { Slots } from './slots/slots.ts';
import { createSpoolReader } from './spool.ts';
import { checkNames } from '../local-data-names.ts';
import { shareStarts } from '../share-starts.ts';

/** Runs attempts as containers. */
export function createAttemptRunner(
  backend: DockerBackend,
  connections: Connections,
  slots: Slots,
): AttemptRunner {
  const { installationId, faultPoints } = backend;
  const spools = createSpoolReader();

  async function startAttempt(spec: AttemptSpec): Promise<AttemptHandle> {
    checkNames(spec);
    return backend.withEngine(`Attempt ${spec.attemptId} could not be started`, async (connection) => {
      const { engine, details, engineId, images } = connection;
      const { localData, uid } = spec;
      const handle = buildHandle({ engineId, attemptId: spec.attemptId, jobRunId: spec.jobRunId });
      if (await slots.assign(spec)) return handle;
      const needed = Promise.all([
        requireEnvironment(engine, spec.environment),
        backend.requireNetwork(connection, 'runs'),
        localData?.access === 'read-write' ? makeLocalData(engine, { installationId, ...localData }) : null,
      ]);
      // An attempt that has already started needs none of these.
      needed.catch(() => undefined);
      const found = await inspectAttempt(engine, spec.attemptId);
      if (found !== null && hasStarted(found) && (await holdsAttempt(engine, found))) {
        // The server that started it may have died before closing the network.
        await closeToOthers(engine, spec);
        return handle;
      }
      const [environment, runsNetwork, localDataVolume] = await needed;
      const image = await images.require(environment.python);
      const volumes = {
        attempt: attemptVolume(installationId, spec.attemptId),
        environment: spec.environment.path,
        localData: localDataVolume,
      };
      try {
        await startContainer(engine, spec, {
          engineId,
          image: image.id,
          network: runsNetwork.name,
          engineCpus: details.cpus,
          volumes,
          machine: await connection.closeMachine(backend.describeHost(connection, image.id), runsNetwork),
          async copyLocalData() {
            if (localData?.access === 'copy')
              await copySnapshot(
                backend.describeHost(connection, image.id),
                { ...localData, uid },
                volumes.attempt,
              );
          },
          faultPoints,
        });
      } catch (error) {
        // The image was removed since the last check: the next try finds, pulls or builds it.
        if (isMissing(error)) images.forget();
        throw error;
      }
      await closeToOthers(engine, spec);
      return handle;
    });
  }

  /** The port of an app must be unreachable for others; otherwise the app does not start. */
  async function closeToOthers(engine: Docker, { attemptId, network: wanted }: AttemptSpec): Promise<void> {
    if (wanted === 'outgoing') return;
    try {
      await closeNetwork(engine, attemptId);
    } catch (error) {
      await discardContainer(engine, attemptId, attemptVolume(installationId, attemptId));
      throw error;
    }
  }

  return {
    name: executorName,
    start: shareStarts(startAttempt),
    redirect: (handle, notice) =>
      backend.withEngine(
        'The attempt could not be given the address of its server',
        async ({ engine, engineId }) => {
          const data = readHandle(handle, engineId);
          if ('elsewhere' in data) return;
          const container = await inspectAttempt(engine, data.attemptId);
          // Without a running bootstrap there is no one to notify, which `inspect` reports.
          if (container?.State.Running !== true) return;
          const [uid = 0, gid = 0] = container.Config.User.split(':').map(Number);
          const files = [{ path: 'redirect', content: notice }];
          await putFiles(engine.getContainer(attemptName(data.attemptId)), folders.record, files, {
            uid,
            gid,
          });
        },
      ),
    async inspect(handle) {
      try {
        const connection = await backend.connect();
        const data = readHandle(handle, connection.engineId);
        if ('elsewhere' in data) return { state: 'unknown', detail: data.elsewhere };
        return await deriveAttemptState(connection.engine, data.attemptId, () =>
          backend.isSameEngine(connection),
        );
      } catch (error) {
        return { state: 'unknown', detail: backend.describeSilence(error) };
      }
    },
    stop: (handle, { graceSeconds }) =>
      backend.withEngine('The attempt could not be stopped', ({ engine, engineId }) =>
        stopContainer(engine, requireHandle(handle, engineId).attemptId, graceSeconds),
      ),
    remove: (handle) =>
      backend.withEngine('The attempt could not be removed', async ({ engine, engineId }) => {
        const { attemptId } = requireHandle(handle, engineId);
        spools.end(attemptId);
        connections.end(attemptId);
        await removeAttempt(engine, attemptId, attemptVolume(installationId, attemptId), faultPoints);
      }),
    list: () =>
      backend.withEngine('The attempts cannot be listed', ({ engine, engineId }) =>
        listAttempts(engine, installationId, engineId),
      ),
    readSpool: (handle, offset, maxBytes) =>
      backend.withEngine('The spool cannot be read', async ({ engine, engineId }) => {
        const data = readHandle(handle, engineId);
        if ('elsewhere' in data) return null;
        const container = engine.getContainer(attemptName(data.attemptId));
        return spools.read(data.attemptId, container, offset, maxBytes);
      }),
  };
}
