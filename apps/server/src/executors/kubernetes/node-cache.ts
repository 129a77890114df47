/**
 * Environments that stay on a node: where the operator's patch adds a volume of this name, attempts use it instead of a
 * volume of their own. Only `prepare` writes to it; a run sees its own environment, read-only. Pure.
 */
import type { Container, Pod } from './kube-objects.ts';
import { containers, environmentVolume, folders, nodeCacheVolume, shortInstallation } from './names.ts';

export interface NodeCacheEntry {
  installationId: string;
  uid: number;
  /** Name of the environment. */
  name: string;
}

/** Mounts the environment from the node cache if the pod has one. */
export function useNodeCache(pod: Pod, { installationId, uid, name }: NodeCacheEntry): Pod {
  if (!hasNodeCache(pod)) return pod;
  const own = `${shortInstallation(installationId)}/${uid}/${name}/files`;
  const replace = (container: Container, mount: Container['volumeMounts'][number]): Container => ({
    ...container,
    volumeMounts: [...container.volumeMounts.filter((one) => one.name !== environmentVolume), mount],
  });
  return {
    ...pod,
    spec: {
      ...pod.spec,
      volumes: pod.spec.volumes.filter((volume) => volume.name !== environmentVolume),
      initContainers: (pod.spec.initContainers ?? []).map((one) =>
        one.name === containers.prepare
          ? replace(one, { name: nodeCacheVolume, mountPath: folders.nodeCache })
          : one,
      ),
      containers: pod.spec.containers.map((one) =>
        one.name === containers.run
          ? replace(one, {
              name: nodeCacheVolume,
              mountPath: folders.environment,
              subPath: own,
              readOnly: true,
            })
          : one,
      ),
    },
  };
}

export function hasNodeCache({ spec }: Pod): boolean {
  return spec.volumes.some(({ name }) => name === nodeCacheVolume);
}
