import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { removeCgroup } from '../../fixtures/engine-cgroups.ts';
import type { EngineNamespace } from '../../fixtures/engine-namespace.ts';
import type { ClusterNetwork } from './cluster-network.ts';
import { ClusterProcess } from './cluster-process.ts';
import { pauseImage } from './images.ts';
import type { KubeAnswer, KubeClient } from './kube-client.ts';
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
      isReady: () => this.isReady(),
    });
  }

  get cgroup(): string {
    return this.#plan.cgroup;
  }

  /** Starts the node and waits until Kubernetes calls it ready. */
  static async start(plan: NodePlan): Promise<ClusterNode> {
    const { folder, network, number, cgroup } = plan;
    await mkdir(join(folder, 'cni'), { recursive: true });
    for (const controller of await listControllers()) {
      // An earlier user of the slot may have been killed.
      await removeCgroup(join(controller, cgroup));
      await mkdir(join(controller, cgroup));
    }
    await writeFile(
      join(folder, 'cni', '10-pods.conflist'),
      networkSettings(network.addresses.podsOf(number)),
    );
    await writeFile(join(folder, 'containerd.toml'), containerdSettings(folder));
    await writeFile(join(folder, 'kubelet.json'), kubeletSettings(cgroup));
    const namespace = await network.openNode(number);
    const node = new ClusterNode(plan, namespace);
    try {
      await node.#containerd.start();
      await node.ctr('images', 'import', plan.imagesFile);
      await node.#kubelet.start();
      return node;
    } catch (error) {
      await node.end();
      throw error;
    }
  }

  async isReady(): Promise<boolean> {
    const path = `/api/v1/nodes/${this.name}`;
    const { status, body } = await this.#plan.admin.ask<KubeNode>('GET', path).catch(() => noAnswer);
    if (status !== 200) return false;
    const { spec, status: state } = body;
    const ready = state.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    return ready === true && !spec.taints?.some(({ key }) => key.startsWith('node.kubernetes.io/'));
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

const noAnswer: KubeAnswer<KubeNode> = { status: 0, body: { spec: {}, status: {} } };

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

function kubeletSettings(cgroup: string): string {
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
    imageGCHighThresholdPercent: 100,
    makeIPTablesUtilChains: false,
    readOnlyPort: 0,
    podPidsLimit: 1024,
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

const cgroupRoot = '/sys/fs/cgroup';

async function listControllers(): Promise<string[]> {
  const names = await readdir(cgroupRoot);
  return names.filter((name) => name !== 'unified').map((name) => join(cgroupRoot, name));
}
