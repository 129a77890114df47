import { eventually } from '../../fixtures/eventually.ts';
import type { ClusterFaults, FaultName, RequestFailure } from '../cluster-faults.ts';
import type { ApiProxy } from './api-proxy.ts';
import type { ClusterNetwork } from './cluster-network.ts';
import type { ClusterNodes } from './cluster-nodes.ts';
import type { ControlPlane } from './control-plane.ts';
import { runImage } from './images.ts';
import { killContainerForMemory } from './kill-for-memory.ts';
import type { KubeNode, KubePod } from './kube-objects.ts';
import { preemptPod } from './preempt-pod.ts';
import { namespace } from './test-namespace.ts';

const core = `/api/v1/namespaces/${namespace}`;
const quota = 'pumphouse-test-quota';
const hiddenImage = (image: string) => `${image}-hidden`;

/** Its timestamps are this machine's. */
const unsupported: ReadonlySet<FaultName> = new Set<FaultName>(['skewClock']);

interface FaultParts {
  controlPlane: ControlPlane;
  network: ClusterNetwork;
  nodes: ClusterNodes;
  proxy: ApiProxy;
}

export class RealFaults implements ClusterFaults {
  readonly #parts: FaultParts;

  constructor(parts: FaultParts) {
    this.#parts = parts;
  }

  /** Watches from before always get 410, because the new API server's cache begins with its start. */
  async restartApiServer(): Promise<void> {
    const { controlPlane, proxy } = this.#parts;
    proxy.cut('all');
    // After SIGTERM it would wait a minute for the watches of the kubelets to end.
    await controlPlane.apiServer.stop('SIGKILL');
    await controlPlane.apiServer.start();
  }

  cutWatches(): Promise<void> {
    this.#parts.proxy.cut('watches');
    return Promise.resolve();
  }

  async expireHistory(): Promise<void> {
    await this.#parts.controlPlane.compactHistory();
    await this.restartApiServer();
  }

  delayWatches(milliseconds: number): Promise<void> {
    this.#parts.proxy.delayWatches(milliseconds);
    return Promise.resolve();
  }

  async evictPod(name: string): Promise<void> {
    await this.#call('POST', `${core}/pods/${name}/eviction`, {
      apiVersion: 'policy/v1beta1',
      kind: 'Eviction',
      metadata: { name, namespace },
    });
  }

  preemptPod(name: string): Promise<void> {
    return preemptPod(this.#parts.controlPlane.admin, name);
  }

  async killForMemory(name: string): Promise<void> {
    const pod = await this.#call<KubePod>('GET', `${core}/pods/${name}`);
    const container = pod.status.containerStatuses?.[0]?.containerID?.replace('containerd://', '');
    const { nodeName } = pod.spec;
    if (container === undefined || nodeName === undefined) throw new Error(`Pod ${name} runs no container.`);
    await killContainerForMemory(this.#parts.nodes.get(nodeName).cgroup, container);
  }

  async loseNode(node = this.#firstNode): Promise<void> {
    const { controlPlane, network, nodes } = this.#parts;
    await network.cutNode(nodes.numberOf(node));
    const read = () => this.#call<KubeNode>('GET', `/api/v1/nodes/${node}`);
    await eventually(`Kubernetes heard nothing from ${node}`, async () => {
      const { status } = await read();
      return status.conditions?.some((each) => each.type === 'Ready' && each.status === 'Unknown');
    });
    // Its queue of lost nodes drops one whose old state is still cached. A new process has no old state.
    await controlPlane.controllerManager.stop('SIGKILL');
    await controlPlane.controllerManager.start();
    await eventually(`Kubernetes called ${node} unreachable`, async () => {
      const { spec } = await read();
      return spec.taints?.some(
        ({ key, effect }) => key === 'node.kubernetes.io/unreachable' && effect === 'NoExecute',
      );
    });
  }

  async returnNode(node = this.#firstNode): Promise<void> {
    const { network, nodes } = this.#parts;
    if (!nodes.has(node)) return nodes.start(node);
    await network.connectNode(nodes.numberOf(node));
    await eventually(`${node} was ready again`, () => nodes.get(node).isReady());
  }

  async removeNode(node = this.#firstNode): Promise<void> {
    await this.#parts.nodes.remove(node);
    await this.#call('DELETE', `/api/v1/nodes/${node}`);
  }

  async drainNode(node = this.#firstNode): Promise<void> {
    await this.#parts.nodes.cordon(node);
    const ofNode = `${core}/pods?fieldSelector=spec.nodeName%3D${node}`;
    const { items } = await this.#call<{ items: KubePod[] }>('GET', ofNode);
    for (const { metadata } of items) await this.evictPod(metadata.name);
  }

  uncordonNode(node = this.#firstNode): Promise<void> {
    return this.#parts.nodes.uncordon(node);
  }

  async removeImage(image = runImage): Promise<void> {
    await this.#renameImage(image, hiddenImage(image));
  }

  async restoreImage(image = runImage): Promise<void> {
    await this.#renameImage(hiddenImage(image), image);
  }

  async fillQuota(): Promise<void> {
    const { items } = await this.#call<{ items: KubePod[] }>('GET', `${core}/pods`);
    const active = items.filter(({ status }) => status.phase !== 'Succeeded' && status.phase !== 'Failed');
    const hard = { pods: String(active.length) };
    await this.#call('POST', `${core}/resourcequotas`, { metadata: { name: quota }, spec: { hard } });
    await eventually('the quota was counted', async () => {
      type Quota = { status: { used?: { pods?: string } } };
      const { status } = await this.#call<Quota>('GET', `${core}/resourcequotas/${quota}`);
      return status.used?.pods === hard.pods;
    });
  }

  async freeQuota(): Promise<void> {
    await this.#call('DELETE', `${core}/resourcequotas/${quota}`);
  }

  failNext(failure: RequestFailure): Promise<void> {
    this.#parts.proxy.failNext(failure);
    return Promise.resolve();
  }

  /** The kubelet chooses the pod. So it has to be the only one that runs. */
  async evictForNodeMemory(name: string): Promise<void> {
    const pods = await this.#call<{ items: KubePod[] }>('GET', `${core}/pods`);
    const running = pods.items.filter(({ status }) => status.phase === 'Running');
    const [pod, ...others] = running;
    if (pod?.metadata.name !== name || others.length > 0)
      throw new Error(`Only pod ${name} has to run, but ${running.length} pods do.`);
    const node = this.#parts.nodes.get(pod.spec.nodeName ?? '');
    await node.lackMemory(async () => {
      await eventually(`pod ${name} was evicted`, async () => {
        const { status } = await this.#call<KubePod>('GET', `${core}/pods/${name}`);
        return status.reason === 'Evicted';
      });
    });
  }

  skewClock(): Promise<void> {
    return Promise.reject(new Error('The real test cluster cannot change the clock of its nodes.'));
  }

  get #firstNode(): string {
    const [node = ''] = this.#parts.nodes.names;
    return node;
  }

  #call<Body = unknown>(method: string, path: string, body?: unknown): Promise<Body> {
    return this.#parts.controlPlane.admin.call<Body>(method, path, body);
  }

  async #renameImage(from: string, to: string): Promise<void> {
    for (const node of this.#parts.nodes.running) {
      await node.ctr('images', 'tag', '--force', from, to);
      await node.ctr('images', 'remove', from);
    }
  }
}

export function listSupportedFaults(faults: ClusterFaults): ReadonlySet<FaultName> {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(faults)) as (FaultName | 'constructor')[];
  return new Set(names.filter((name) => name !== 'constructor').filter((name) => !unsupported.has(name)));
}
