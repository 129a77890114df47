import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { listControllers, removeCgroup } from '../../fixtures/engine-cgroups.ts';
import { eventually } from '../../fixtures/eventually.ts';
import type { EngineNamespace } from '../../fixtures/engine-namespace.ts';
import type { ClusterNetwork } from './cluster-network.ts';
import { ClusterProcess } from './cluster-process.ts';
import { pauseImage } from './images.ts';
import type { KubeClient } from './kube-client.ts';
import type { KubeNode } from './kube-objects.ts';

export interface NodePlan {
  /** The folder of Kubernetes' programs. */
  programs: string;
  number: number;
  /** Empty, and on a disk: containers and volumes. */
  folder: string;
  /** Below each controller of cgroups */
  cgroup: string;
  network: ClusterNetwork;
  kubeconfigFile: string;
  admin: KubeClient;
  /** An archive with the images that the node has. */
  imagesFile: string;
}

const containerdSocket = '/run/containerd/containerd.sock';

/** A kubelet and a containerd with namespaces of their own. */
export class ClusterNode {
  readonly name: string;
  readonly #plan: NodePlan;
  readonly #namespace: EngineNamespace;
  readonly #containerd: ClusterProcess;
  readonly #kubelet: ClusterProcess;

  private constructor(plan: NodePlan, namespace: EngineNamespace) {
    this.name = `node-${plan.number}`;
    this.#plan = plan;
    this.#namespace = namespace;
    this.#containerd = new ClusterProcess({
      name: `containerd of ${this.name}`,
      command: [...namespace.enter, 'containerd', '--config', join(plan.folder, 'containerd.toml')],
      logFile: join(plan.folder, 'containerd.log'),
      isReady: () => accepts(namespace.see(containerdSocket)),
    });
    this.#kubelet = new ClusterProcess({
      name: `kubelet of ${this.name}`,
      command: [...namespace.enter, ...kubeletCommand(plan, this.name)],
      logFile: join(plan.folder, 'kubelet.log'),
      isReady: () => this.#hasRegistered(),
    });
  }

  get cgroup(): string {
    return this.#plan.cgroup;
  }

  /** Starts the node and waits until Kubernetes calls it ready. */
  static async start(plan: NodePlan): Promise<ClusterNode> {
    const { folder, network, number, cgroup } = plan;
    await mkdir(join(folder, 'cni'), { recursive: true });
    for (const controller of await listControllers()) await mkdir(join(controller, cgroup));
    await writeFile(
      join(folder, 'cni', '10-pods.conflist'),
      networkSettings(network.addresses.podsOf(number)),
    );
    await writeFile(join(folder, 'containerd.toml'), containerdSettings(folder));
    await writeFile(join(folder, 'kubelet.json'), kubeletSettings(cgroup, {}));
    const namespace = await network.openNode(number);
    const node = new ClusterNode(plan, namespace);
    try {
      await node.#containerd.start();
      await node.ctr('images', 'import', plan.imagesFile);
      await node.#kubelet.start();
      await eventually(`${node.name} accepted pods`, () => node.isReady());
      return node;
    } catch (error) {
      await node.end();
      throw error;
    }
  }

  /** Whether Kubernetes calls it ready. It may be cordoned. */
  async isReady(): Promise<boolean> {
    const node = await this.#read();
    return isReadyState(node) && !taintsOf(node).some((key) => key !== unschedulable);
  }

  /** Whether there is a node that reported to be ready, even if it lacks memory since. */
  async #hasRegistered(): Promise<boolean> {
    return isReadyState(await this.#read());
  }

  async isCordoned(): Promise<boolean> {
    return taintsOf(await this.#read()).includes(unschedulable);
  }

  async #read(): Promise<KubeNode | null> {
    const answer = await this.#plan.admin
      .ask<KubeNode>('GET', `/api/v1/nodes/${this.name}`)
      .catch(() => null);
    return answer?.status === 200 ? answer.body : null;
  }

  /** Lets the kubelet take the node's memory for used up, until `whileLacking` is done. */
  async lackMemory(whileLacking: () => Promise<void>): Promise<void> {
    await this.#restartKubelet(lackingMemory);
    try {
      await whileLacking();
    } finally {
      await this.#restartKubelet({});
    }
    await eventually(`${this.name} had enough memory`, () => this.isReady());
  }

  async #restartKubelet(eviction: object): Promise<void> {
    const { folder, cgroup } = this.#plan;
    await this.#kubelet.stop('SIGKILL');
    await writeFile(join(folder, 'kubelet.json'), kubeletSettings(cgroup, eviction));
    await this.#kubelet.start();
  }

  /** Calls containerd's command for Kubernetes' images and containers. */
  async ctr(...args: string[]): Promise<string> {
    const [program, ...before] = this.#namespace.enter;
    const command = ['ctr', '--address', containerdSocket, '--namespace', 'k8s.io', ...args];
    const { stdout } = await promisify(execFile)(program, [...before, ...command]);
    return stdout.trim();
  }

  /** Kills everything on the node, and removes what a dead node leaves in the kernel. */
  async end(): Promise<void> {
    await this.#namespace.end();
    for (const controller of await listControllers()) await removeCgroup(join(controller, this.#plan.cgroup));
  }
}

const unschedulable = 'node.kubernetes.io/unschedulable';

function isReadyState(node: KubeNode | null): boolean {
  const conditions = node?.status.conditions ?? [];
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

/** The taints that Kubernetes itself sets. */
function taintsOf(node: KubeNode | null): string[] {
  const keys = node?.spec.taints?.map(({ key }) => key) ?? [];
  return keys.filter((key) => key.startsWith('node.kubernetes.io/'));
}

function kubeletCommand(
  { programs, folder, network, number, kubeconfigFile }: NodePlan,
  name: string,
): string[] {
  return [
    join(programs, 'kubelet'),
    `--config=${join(folder, 'kubelet.json')}`,
    `--kubeconfig=${kubeconfigFile}`,
    `--root-dir=${join(folder, 'kubelet')}`,
    `--hostname-override=${name}`,
    `--node-ip=${network.addresses.node(number)}`,
    '--container-runtime=remote',
    `--container-runtime-endpoint=unix://${containerdSocket}`,
  ];
}

/** Any machine uses more than 1 % of its memory. A hard threshold would also reduce what pods may request. */
const lackingMemory = {
  evictionSoft: { 'memory.available': '99%' },
  evictionSoftGracePeriod: { 'memory.available': '1s' },
};

function kubeletSettings(cgroup: string, eviction: object): string {
  return JSON.stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    // Only the API server and the pods can connect to it.
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    failSwapOn: false,
    // A value below 0 needs CAP_SYS_RESOURCE.
    oomScoreAdj: 0,
    nodeStatusUpdateFrequency: '2s',
    nodeLeaseDurationSeconds: 8,
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    evictionPressureTransitionPeriod: '1s',
    imageGCHighThresholdPercent: 100,
    makeIPTablesUtilChains: false,
    readOnlyPort: 0,
    podPidsLimit: 1024,
    ...eviction,
  });
}

function containerdSettings(folder: string): string {
  return `version = 2
root = "${join(folder, 'containerd')}"
state = "/run/containerd"
[grpc]
  address = "${containerdSocket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  # Kubernetes asks for scores below 0, which need CAP_SYS_RESOURCE.
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${join(folder, 'cni')}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
`;
}

function networkSettings(subnet: string): string {
  const ipam = {
    type: 'host-local',
    dataDir: '/run/pod-addresses',
    ranges: [[{ subnet }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  const bridge = { type: 'bridge', bridge: 'pods', isGateway: true, hairpinMode: true, ipam };
  return JSON.stringify({ cniVersion: '0.4.0', name: 'pods', plugins: [bridge] });
}

async function accepts(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
