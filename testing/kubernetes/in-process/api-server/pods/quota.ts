import type { KubeObject } from '../kube-object.ts';
import { formatQuantity, quantityOf } from '../quantity.ts';
import { isFinished, type Container, type Pod } from './pod.ts';

export interface ResourceQuota extends KubeObject {
  spec: { hard?: Record<string, string> };
}

/** Resources that a quota of pods counts, by the name of the container's resource. */
const podResources: Record<string, (pod: Pod) => number> = {
  pods: () => 1,
  'count/pods': () => 1,
  cpu: (pod) => sumOf(pod, 'requests', 'cpu'),
  memory: (pod) => sumOf(pod, 'requests', 'memory'),
  ...Object.fromEntries(
    (['requests', 'limits'] as const).flatMap((kind) =>
      ['cpu', 'memory', 'ephemeral-storage'].map((name) => [
        `${kind}.${name}`,
        (pod: Pod) => sumOf(pod, kind, name),
      ]),
    ),
  ),
};

function sumOf({ spec }: Pod, kind: 'requests' | 'limits', name: string): number {
  const amount = ({ resources }: Container) => quantityOf(resources?.[kind]?.[name]);
  const running = spec.containers.map(amount).reduce((sum, one) => sum + one, 0);
  return Math.max(running, ...(spec.initContainers ?? []).map(amount));
}

/** How much of a quota's resources the pods of its namespace use. Finished pods use nothing. */
export function measureQuota({ spec }: ResourceQuota, pods: Pod[]): Record<string, string> {
  const counted = pods.filter((pod) => !isFinished(pod));
  const names = Object.keys(spec.hard ?? {});
  return Object.fromEntries(
    names.map((name) => {
      const use = podResources[name] ?? (() => 0);
      return [
        name,
        formatQuantity(
          counted.map(use).reduce((sum, one) => sum + one, 0),
          name,
        ),
      ];
    }),
  );
}

/** Why a quota refuses a new pod, in Kubernetes' words; null if it does not. */
export function refuseByQuota(quota: ResourceQuota, pods: Pod[], pod: Pod): string | null {
  const hard = quota.spec.hard ?? {};
  const names = Object.keys(hard)
    .filter((name) => podResources[name] !== undefined)
    .toSorted();
  const missing = names.filter((name) => /cpu|memory/.test(name) && !hasAll(pod, name));
  if (missing.length > 0) {
    const parts = missing.map(
      (name) => `${name} for: ${pod.spec.containers.map((one) => one.name).join(',')}`,
    );
    return `failed quota: ${quota.metadata.name}: must specify ${parts.join('; ')}`;
  }
  const used = measureQuota(quota, pods);
  const exceeded = names.filter((name) => {
    const requested = podResources[name]?.(pod) ?? 0;
    return requested > 0 && quantityOf(used[name]) + requested > quantityOf(hard[name]);
  });
  if (exceeded.length === 0) return null;
  const list = (amounts: Record<string, string | undefined>) =>
    exceeded.map((name) => `${name}=${amounts[name]}`).join(',');
  const requested = Object.fromEntries(
    exceeded.map((name) => [name, formatQuantity(podResources[name]?.(pod) ?? 0, name)]),
  );
  return `exceeded quota: ${quota.metadata.name}, requested: ${list(requested)}, used: ${list(used)}, limited: ${list(hard)}`;
}

function hasAll({ spec }: Pod, quotaName: string): boolean {
  const [first, second] = quotaName.split('.');
  const [kind, name] = second === undefined ? ['requests', first ?? ''] : [first, second];
  return spec.containers.every(
    ({ resources }) => resources?.[kind as 'requests' | 'limits']?.[name] !== undefined,
  );
}
