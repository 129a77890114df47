/** The connection to the cluster, which the parts of the executor share. */
import { createHash } from 'node:crypto';
import type { FaultPoints } from '../../platform/fault-points.ts';
import { noFaultPoints } from '../../platform/fault-points.ts';
import type { AttemptLimits } from '../contract/attempt-runner.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import { packBootstrap } from './bootstrap-archive.ts';
import { createClusterApi, type ClusterConnection } from './cluster-api.ts';
import { asExecutorError, isConflict, isMissing, messageOf, orNull } from './cluster-error.ts';
import type { KubeObject, Pod, Secret } from './kube-objects.ts';
import { labels, labelsOf, selectorOf } from './names.ts';
import {
  markerPolicyName,
  planMarkerPolicy,
  planPolicies,
  planServerPolicy,
  type NetworkPolicy,
  type NetworkSettings,
} from './network-policies.ts';
import type { PodPatches } from './patch-pod.ts';
import type { PodContext } from './pod-plan.ts';
import { createPodWatch } from './pod-watch.ts';
import { createWithConnection } from '../with-connection.ts';

export interface KubernetesExecutorOptions {
  connection: ClusterConnection;
  /** Null: that of the connection. */
  namespace: string | null;
  installationId: string;
  /** Name of the image of runs, with `{python}` for the minor version if there is one for each. */
  image: string;
  /** Name of a persistent volume claim that pods on all nodes can write to; null: there is none. */
  volumeClaim: string | null;
  /** The folder python/pumphouse_bootstrap. */
  bootstrapDir: string;
  /** Resource limits of an environment build. */
  buildLimits: AttemptLimits;
  patches: PodPatches;
  network: NetworkSettings;
  /** A pod that has not started after this time is given up. */
  pendingMinutes: number;
  /** With this many pods that have not started, no more are created. */
  maxPendingPods: number;
  faultPoints?: FaultPoints;
}

/** The namespace, and what every pod in it needs. */
export interface NamespaceConnection extends PodContext {
  /** Identifies the namespace, which another cluster at the same address does not have. */
  place: string;
  paths: NamespacePaths;
}

export type KubernetesBackend = ReturnType<typeof createKubernetesBackend>;

/** Paths of the objects of a namespace. */
export function pathsOf(namespace: string) {
  const core = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
  const policies = `/apis/networking.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/networkpolicies`;
  return {
    pods: `${core}/pods`,
    pod: (name: string) => `${core}/pods/${encodeURIComponent(name)}`,
    podLog: (name: string) => `${core}/pods/${encodeURIComponent(name)}/log`,
    secrets: `${core}/secrets`,
    configMaps: `${core}/configmaps`,
    configMap: (name: string) => `${core}/configmaps/${encodeURIComponent(name)}`,
    claim: (name: string) => `${core}/persistentvolumeclaims/${encodeURIComponent(name)}`,
    policies,
    policy: (name: string) => `${policies}/${encodeURIComponent(name)}`,
  };
}
export type NamespacePaths = ReturnType<typeof pathsOf>;

/** Creates the connection to a cluster. Sends nothing yet. */
export function createKubernetesBackend(options: KubernetesExecutorOptions) {
  const { installationId, faultPoints = noFaultPoints } = options;
  const api = createClusterApi(options.connection);
  let opening: Promise<NamespaceConnection> | null = null;
  const openedServers = new Map<string, Promise<void>>();
  const watch = createPodWatch({
    api,
    findPath: async () => (await connect()).paths.pods,
    selector: selectorOf(installationId, 'attempt'),
  });

  async function open(): Promise<NamespaceConnection> {
    const namespace = options.namespace ?? (await api.findNamespace());
    if (namespace === null)
      throw new ExecutorError(
        'config',
        'The connection to Kubernetes names no namespace. Set PUMPHOUSE_KUBERNETES_NAMESPACE.',
      );
    const paths = pathsOf(namespace);
    const [place, bootstrapSecret] = await Promise.all([ensurePlace(paths), ensureBootstrap(paths)]);
    await ensurePolicies(paths);
    return {
      namespace,
      paths,
      place,
      bootstrapSecret,
      installationId,
      volumeClaim: options.volumeClaim,
      image: options.image,
    };
  }

  /** @throws ExecutorError, also backend if no cluster responds */
  async function connect(): Promise<NamespaceConnection> {
    opening ??= open();
    try {
      return await opening;
    } catch (error) {
      opening = null;
      throw asExecutorError(error, 'The Kubernetes cluster cannot be used');
    }
  }

  async function readPlace(paths: NamespacePaths): Promise<string | null> {
    const found = await orNull(api.get(paths.policy(markerPolicyName(installationId))));
    return found?.metadata.uid ?? null;
  }

  async function ensurePlace(paths: NamespacePaths): Promise<string> {
    await createIfMissing(paths.policies, planMarkerPolicy(installationId));
    const place = await readPlace(paths);
    if (place === null)
      throw new ExecutorError('backend', 'The network policy of Pumphouse was removed a moment ago.');
    return place;
  }

  /** The bootstrap of this release. The name is that of its content, so that it never changes. */
  async function ensureBootstrap(paths: NamespacePaths): Promise<string> {
    const archive = await packBootstrap(options.bootstrapDir);
    const name = `pumphouse-bootstrap-${createHash('sha256').update(archive).digest('hex').slice(0, 16)}`;
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, labels: { 'app.kubernetes.io/managed-by': 'pumphouse' } },
      immutable: true,
      data: { 'bootstrap.tar.gz': archive.toString('base64') },
    };
    await createIfMissing(paths.secrets, secret);
    return name;
  }

  /** Creates policies before those that they replace go, so that nothing is open meanwhile. */
  async function ensurePolicies(paths: NamespacePaths): Promise<void> {
    const wanted = planPolicies(installationId, options.network);
    for (const policy of wanted) await createIfMissing(paths.policies, policy);
    const kept = new Set([markerPolicyName(installationId), ...wanted.map(({ metadata }) => metadata.name)]);
    const selector = Object.entries(labelsOf(installationId, 'network')).map(
      ([name, value]) => `${name}=${value}`,
    );
    const { items } = await api.list<NetworkPolicy>(paths.policies, { labelSelector: selector.join(',') });
    const replaced = items.filter(
      // Each server has its own address for runs.
      ({ metadata: { name } }) => !kept.has(name) && !name.includes('-server-'),
    );
    for (const { metadata } of replaced) await orNull(api.delete(paths.policy(metadata.name)));
  }

  /** @returns whether it did not exist */
  async function createIfMissing(path: string, object: KubeObject | Secret): Promise<boolean> {
    try {
      await api.create(path, object);
      return true;
    } catch (error) {
      if (isConflict(error)) return false;
      throw error;
    }
  }

  let removal = Promise.resolve();
  let waitingRemoval: Promise<void> | null = null;

  async function removeMarked({ paths }: NamespaceConnection): Promise<void> {
    const selector = `${labels.installation}=${labelsOf(installationId, 'attempt')[labels.installation]},${labels.state}=finished`;
    for (const phase of ['Succeeded', 'Failed'])
      await api.delete(paths.pods, {}, { labelSelector: selector, fieldSelector: `status.phase=${phase}` });
  }

  return {
    api,
    watch,
    options,
    installationId,
    faultPoints,
    connect,
    createIfMissing,

    withCluster: createWithConnection(connect, asExecutorError),

    /** Check again: another cluster may respond at the address by now. */
    async isSamePlace({ paths }: NamespaceConnection, place: string): Promise<boolean> {
      return (await readPlace(paths)) === place;
    },

    /** Lets runs call a server at this address. */
    async openServer({ paths }: NamespaceConnection, attemptsUrl: string): Promise<void> {
      const policy = planServerPolicy(installationId, options.network, attemptsUrl);
      if (policy === null) return;
      const opened =
        openedServers.get(attemptsUrl) ?? createIfMissing(paths.policies, policy).then(() => undefined);
      openedServers.set(attemptsUrl, opened);
      await opened.catch((error: unknown) => {
        openedServers.delete(attemptsUrl);
        throw error;
      });
    },

    /** Null if it does not exist. */
    findPod: ({ paths }: NamespaceConnection, name: string): Promise<Pod | null> =>
      orNull(api.get<Pod>(paths.pod(name))),

    listPods: async ({ paths }: NamespaceConnection, selector: string): Promise<Pod[]> =>
      (await api.list<Pod>(paths.pods, { labelSelector: selector })).items,

    /** Deletes a pod, unless another one has its name by now. */
    async deletePod(
      { paths }: NamespaceConnection,
      { metadata: { name, uid } }: Pod,
      graceSeconds?: number,
    ): Promise<void> {
      const body = {
        ...(uid === undefined ? {} : { preconditions: { uid } }),
        ...(graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds }),
      };
      try {
        await api.delete(paths.pod(name), body);
      } catch (error) {
        if (!isMissing(error) && !isConflict(error)) throw error;
      }
    },

    /**
     * Removes all pods that were marked as finished. Calls that come while pods are being removed share the next
     * request: each goes through all pods of the namespace.
     */
    removeFinished(connection: NamespaceConnection): Promise<void> {
      waitingRemoval ??= removal
        .catch(() => undefined)
        .then(() => {
          removal = waitingRemoval ?? removal;
          waitingRemoval = null;
          return removeMarked(connection);
        });
      return waitingRemoval;
    },

    describeSilence: (error: unknown): string => `${messageOf(error)}. Runs wait until it does.`,
  };
}
