import { randomBytes } from 'node:crypto';
import { serverRules } from '../server-role.ts';
import type { FaultName } from '../cluster-faults.ts';
import type { TestCluster } from '../cluster.ts';
import type { Caller } from './api-server/access.ts';
import { ApiServer } from './api-server/api-server.ts';
import { createClusterClock } from './api-server/cluster-clock.ts';
import type { ClusterState } from './api-server/cluster-state.ts';
import { createObject } from './api-server/create-object.ts';
import type { KubeObject } from './api-server/kube-object.ts';
import { ObjectStore } from './api-server/object-store.ts';
import type { PodActions } from './api-server/pod-actions.ts';
import * as types from './api-server/resource-types.ts';
import { StatusError } from './api-server/status-error.ts';
import { writeUpdate } from './api-server/update-object.ts';
import { createFaults } from './create-faults.ts';
import { Kubelet } from './node/kubelet.ts';
import type { TestNode } from './node/node-faults.ts';
import { registerNode } from './node/node-object.ts';
import { startPodmanBackend } from './node/podman/start-backend.ts';
import type { ContainerRuntime } from './node/container-runtime.ts';
import { PretendRuntime, type Pretend } from './node/pretend-runtime.ts';
import { Scheduler } from './node/scheduler.ts';

export interface InProcessOptions {
  /**
   * 'containers' runs pods with Podman (Debian, root, prepared images). A function says what becomes of
   * containers that only pretend to run.
   */
  pods: 'containers' | Pretend;
  /** Resources of each node, by its name. One node with much room unless set. */
  nodes?: Record<string, { cpu: string; memory: string; pods: string }>;
  bookmarkSeconds?: number;
  /** Whether what happens to pods is recorded as Events. On by default. */
  recordsEvents?: boolean;
}

export interface InProcessCluster extends TestCluster {
  state: ClusterState;
  /** How many watches clients have open. */
  openWatches(): number;
}

const namespace = 'pumphouse';
const serviceAccount = 'pumphouse-server';
const volumeClaim = 'environments';
const roomyNode = { cpu: '64', memory: '256Gi', pods: '110' };
const allFaults: FaultName[] = [
  'restartApiServer',
  'cutWatches',
  'expireHistory',
  'delayWatches',
  'evictPod',
  'preemptPod',
  'evictForNodeMemory',
  'killForMemory',
  'loseNode',
  'returnNode',
  'removeNode',
  'drainNode',
  'uncordonNode',
  'removeImage',
  'restoreImage',
  'fillQuota',
  'freeQuota',
  'failNext',
  'skewClock',
];

/** What runs the pods of a cluster. */
interface RuntimeBackend {
  runtime: ContainerRuntime;
  hostAddress: string;
  image: string;
  reachesPods: boolean;
  enforcesNetworkPolicies: boolean;
  close(): Promise<void>;
}

/** Starts a cluster in this process. Remove it at the end of the test. */
export async function startInProcessCluster(options: InProcessOptions): Promise<InProcessCluster> {
  await using stack = new AsyncDisposableStack();
  const state: ClusterState = { store: new ObjectStore(), clock: createClusterClock() };
  const missingImages = new Set<string>();
  const backend =
    options.pods === 'containers'
      ? await startPodmanBackend(state, missingImages)
      : pretendBackend(missingImages, options.pods);
  stack.defer(() => backend.close());
  createBaseObjects(state);
  const nodes = startNodes(state, backend, options);
  for (const { kubelet } of nodes) stack.defer(() => kubelet.close());
  const scheduler = new Scheduler({ state, recordsEvents: options.recordsEvents ?? true });
  stack.defer(() => scheduler.close());
  const [token, adminToken] = [randomBytes(24).toString('hex'), randomBytes(24).toString('hex')];
  const server = await ApiServer.start({
    state,
    callers: describeCallers(token, adminToken),
    podActions: logsOf(nodes),
    ...(options.bookmarkSeconds !== undefined && { bookmarkSeconds: options.bookmarkSeconds }),
  });
  stack.defer(() => server.close());
  const end = stack.move();
  return {
    connection: { apiUrl: server.url, caCertificate: server.caCertificate, token, namespace },
    adminToken,
    hostAddressForPods: backend.hostAddress,
    image: backend.image,
    volumeClaim,
    reachesPods: backend.reachesPods,
    nodes: nodes.map(({ options: { name } }) => name),
    capabilities: {
      disruptionTarget: true,
      podSecurity: true,
      networkPolicies: backend.enforcesNetworkPolicies,
      containers: options.pods === 'containers',
      faults: new Set(allFaults),
    },
    faults: createFaults({ state, server, nodes, namespace, image: backend.image, missingImages }),
    state,
    openWatches: () => server.openWatches,
    remove: () => end.disposeAsync(),
  };
}

function pretendBackend(missingImages: ReadonlySet<string>, pretend: Pretend): RuntimeBackend {
  return {
    runtime: new PretendRuntime({ missingImages, pretend }),
    hostAddress: '127.0.0.1',
    image: 'localhost/pretended:1',
    reachesPods: false,
    enforcesNetworkPolicies: false,
    close: async () => {},
  };
}

function createBaseObjects(state: ClusterState): void {
  const create = (
    type: (typeof types)['namespaces'],
    body: Parameters<typeof createObject>[2]['body'],
  ): KubeObject => createObject(state, type, { ...(type.isNamespaced && { namespace }), body });
  const labels = {
    'pod-security.kubernetes.io/enforce': 'restricted',
    'kubernetes.io/metadata.name': namespace,
  };
  create(types.namespaces, { metadata: { name: namespace, labels } });
  for (const name of ['default', serviceAccount]) create(types.serviceAccounts, { metadata: { name } });
  const spec = { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '10Gi' } } };
  const claim = create(types.persistentVolumeClaims, { metadata: { name: volumeClaim }, spec });
  const status = { phase: 'Bound', accessModes: ['ReadWriteMany'], capacity: { storage: '10Gi' } };
  writeUpdate(state, types.persistentVolumeClaims, { current: claim, updated: { ...claim, status } });
}

function startNodes(
  state: ClusterState,
  { runtime, hostAddress: hostIP }: RuntimeBackend,
  { nodes = { 'node-1': roomyNode }, recordsEvents = true }: InProcessOptions,
): TestNode[] {
  return Object.entries(nodes).map(([name, capacity]) => {
    const options = { name, hostIP, capacity };
    registerNode(state, options);
    return { options, kubelet: new Kubelet({ state, node: name, hostIP, runtime, recordsEvents }) };
  });
}

function describeCallers(token: string, adminToken: string): Map<string, Caller> {
  const user = `system:serviceaccount:${namespace}:${serviceAccount}`;
  const account = `ServiceAccount "${serviceAccount}/${namespace}"`;
  const grant = `RBAC: allowed by RoleBinding "${serviceAccount}/${namespace}" of Role "${serviceAccount}" to ${account}`;
  return new Map([
    [token, { user, rules: serverRules, namespace, grant }],
    [adminToken, { user: 'admin', rules: 'all' as const, namespace: '', grant: '' }],
  ]);
}

function logsOf(nodes: TestNode[]): PodActions {
  return {
    async readLog(pod, options) {
      const node = nodes.find(({ options: { name } }) => name === pod.spec.nodeName);
      if (node !== undefined) return node.kubelet.readLog(pod, options);
      const message = `pod ${pod.metadata.name} does not have a host assigned`;
      throw new StatusError({ code: 400, reason: 'BadRequest', message });
    },
  };
}
