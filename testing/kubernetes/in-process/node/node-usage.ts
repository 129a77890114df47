import { isFinished, type Container, type Pod } from '../api-server/pods/pod.ts';
import { quantityOf } from '../api-server/quantity.ts';
import type { KubeNode } from './node-object.ts';

const resources = ['cpu', 'memory', 'ephemeral-storage'] as const;

export type PodRequests = Record<(typeof resources)[number], number>;

/** What a pod asks of a node: the sum of its containers, or its largest init container. */
export function requestsOf({ spec }: Pod): PodRequests {
  const amount = (name: string) => (container: Container) =>
    quantityOf(container.resources?.requests?.[name]);
  const request = (name: string) =>
    Math.max(
      spec.containers.map(amount(name)).reduce((sum, one) => sum + one, 0),
      ...(spec.initContainers ?? []).map(amount(name)),
    );
  return {
    cpu: request('cpu'),
    memory: request('memory'),
    'ephemeral-storage': request('ephemeral-storage'),
  };
}

interface Usage extends PodRequests {
  pods: number;
}

/** The requests of the pods on each node, kept up to date by the changes of pods. */
export class NodeUsage {
  readonly #nodes = new Map<string, Usage>();
  readonly #counted = new Map<string, { node: string; requests: PodRequests }>();

  of({ metadata: { name } }: KubeNode): Usage {
    return this.#nodes.get(name) ?? { pods: 0, cpu: 0, memory: 0, 'ephemeral-storage': 0 };
  }

  /** Counts a pod in its present state. @returns whether it no longer uses its node */
  observe(pod: Pod, isGone: boolean): boolean {
    const { uid } = pod.metadata;
    const { nodeName } = pod.spec;
    const uses = nodeName !== undefined && !isGone && !isFinished(pod);
    const counted = this.#counted.get(uid);
    if (uses && counted === undefined) {
      const entry = { node: nodeName, requests: requestsOf(pod) };
      this.#counted.set(uid, entry);
      this.#add(entry, 1);
    }
    if (uses || counted === undefined) return false;
    this.#counted.delete(uid);
    this.#add(counted, -1);
    return true;
  }

  #add({ node, requests }: { node: string; requests: PodRequests }, sign: 1 | -1): void {
    const usage = this.#nodes.get(node) ?? { pods: 0, cpu: 0, memory: 0, 'ephemeral-storage': 0 };
    this.#nodes.set(node, usage);
    usage.pods += sign;
    for (const name of resources) usage[name] += sign * requests[name];
  }
}
