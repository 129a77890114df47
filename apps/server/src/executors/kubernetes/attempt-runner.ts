import type { AttemptHandle } from '../contract/attempt-handle.ts';
import type { AttemptRunner, AttemptSpec } from '../contract/attempt-runner.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import { checkNames } from '../local-data-names.ts';
import { buildHandle, readHandle, type HandleData } from './attempt-handle.ts';
import type { Attempts } from './attempts.ts';
import type { KubernetesBackend, NamespaceConnection } from './kubernetes-backend.ts';
import type { Pod } from './kube-objects.ts';
import { executorName, labels, selectorOf } from './names.ts';
import { hasNodeCache, useNodeCache } from './node-cache.ts';
import { patchPod, PodPatchError } from './patch-pod.ts';
import { planAttemptPod, planPreparation } from './attempt-pod.ts';
import { startPod } from './start-pod.ts';
import { shareStarts } from '../share-starts.ts';

/** Runs attempts as pods. */
export function createAttemptRunner(backend: KubernetesBackend, attempts: Attempts): AttemptRunner {
  const { patches } = backend.options;

  async function startAttempt(spec: AttemptSpec): Promise<AttemptHandle> {
    checkNames(spec);
    if (spec.environment.executor !== executorName)
      throw new ExecutorError('config', `There is no environment ${spec.environment.path} on the claim.`);
    return backend.withCluster(`Attempt ${spec.attemptId} could not be started`, async (connection) => {
      const planned = planAttemptPod(spec, connection);
      const workspaceId = spec.localData?.workspaceId ?? null;
      const pod = useNodeCache(applyPatches(planned, spec, workspaceId), {
        installationId: spec.installationId,
        uid: spec.uid,
        name: spec.environment.path,
      });
      const plan = planPreparation(spec, { ...connection, usesNodeCache: hasNodeCache(pod) });
      // Established before the pod runs, so that no end of it is missed.
      backend.watch.use();
      await backend.openServer(connection, spec.attemptsUrl);
      return describe(connection, await startPod(backend, connection, pod, plan));
    });
  }

  function applyPatches(pod: Pod, spec: AttemptSpec, workspaceId: string | null): Pod {
    try {
      return patchPod(pod, patches, { size: spec.instanceSize, workspaceId });
    } catch (error) {
      if (error instanceof PodPatchError) throw new ExecutorError('config', error.message, { cause: error });
      throw error;
    }
  }

  function describe({ place, namespace }: NamespaceConnection, { metadata }: Pod): AttemptHandle {
    return buildHandle({
      place,
      namespace,
      attemptId: metadata.labels?.[labels.attempt] ?? '',
      jobRunId: metadata.labels?.[labels.run] ?? '',
      podUid: metadata.uid ?? '',
    });
  }

  /** @throws ExecutorError backend for an attempt that this server cannot see */
  function requireHandle(handle: AttemptHandle, { namespace, place }: NamespaceConnection): HandleData {
    const data = readHandle(handle);
    if ('elsewhere' in data) throw new ExecutorError('backend', data.elsewhere);
    if (data.namespace !== namespace || data.place !== place)
      throw new ExecutorError('backend', describeElsewhere(data, namespace));
    return data;
  }

  return {
    name: executorName,
    start: shareStarts(startAttempt),
    // Pods get an address that all servers share, as that of a Service: it stays when a server goes.
    redirect: () => Promise.resolve(),
    async inspect(handle) {
      try {
        const connection = await backend.connect();
        const data = readHandle(handle);
        if ('elsewhere' in data) return { state: 'unknown', detail: data.elsewhere };
        if (data.namespace !== connection.namespace || data.place !== connection.place)
          return { state: 'unknown', detail: describeElsewhere(data, connection.namespace) };
        return await attempts.inspect(connection, data);
      } catch (error) {
        return { state: 'unknown', detail: backend.describeSilence(error) };
      }
    },
    stop: (handle, { graceSeconds }) =>
      backend.withCluster('The attempt could not be stopped', (connection) =>
        attempts.stop(connection, requireHandle(handle, connection), graceSeconds),
      ),
    remove: (handle) =>
      backend.withCluster('The attempt could not be removed', (connection) =>
        attempts.remove(connection, requireHandle(handle, connection)),
      ),
    list: () =>
      backend.withCluster('The attempts cannot be listed', async (connection) => {
        const pods = await backend.listPods(connection, selectorOf(backend.installationId, 'attempt'));
        return pods.map((pod) => ({
          attemptId: pod.metadata.labels?.[labels.attempt] ?? '',
          jobRunId: pod.metadata.labels?.[labels.run] ?? '',
          handle: describe(connection, pod),
        }));
      }),
    // The disk of a pod is on its node. What it recorded arrives over HTTP.
    readSpool: () => Promise.resolve(null),
  };
}

function describeElsewhere({ namespace }: HandleData, current: string): string {
  return `The attempt was started in namespace ${namespace} of a cluster, and this server uses another cluster or namespace (${current}).`;
}
