/** Creates a pod with its secret, as one step that can be repeated. */
import { ExecutorError } from '../contract/executor-error.ts';
import { ClusterError, isConflict, isForbidden } from './cluster-error.ts';
import type { KubernetesBackend, NamespaceConnection } from './kubernetes-backend.ts';
import type { Pod } from './kube-objects.ts';
import type { PreparationPlan } from './pod-plan.ts';

/**
 * Creates the pod, or finds the one that an earlier call has created, and its secret.
 * @throws ExecutorError backend while an older pod of that name is ending; config, quota
 */
export async function startPod(
  backend: KubernetesBackend,
  connection: NamespaceConnection,
  pod: Pod,
  plan: PreparationPlan,
): Promise<Pod> {
  const created = await createPod(backend, connection, pod);
  await backend.faultPoints.reach('in-attempt-preparation');
  try {
    await ensureSecret(backend, connection, created, plan);
  } catch (error) {
    await backend.deletePod(connection, created, 1).catch(() => undefined);
    throw error;
  }
  return created;
}

async function createPod(
  backend: KubernetesBackend,
  connection: NamespaceConnection,
  pod: Pod,
): Promise<Pod> {
  try {
    return await backend.api.create<Pod>(connection.paths.pods, pod);
  } catch (error) {
    if (!isConflict(error)) throw explainRefusal(error, connection.namespace);
  }
  const found = await backend.findPod(connection, pod.metadata.name);
  if (found === null || found.metadata.deletionTimestamp !== undefined)
    throw new ExecutorError('backend', `An earlier pod ${pod.metadata.name} has not ended yet.`);
  return found;
}

/**
 * The pod owns its secret, so that both go together. It waits until the secret exists.
 * @returns whether the secret did not exist
 */
export async function ensureSecret(
  backend: KubernetesBackend,
  { paths, namespace }: NamespaceConnection,
  { metadata: { name, uid = '', labels = {} } }: Pod,
  plan: PreparationPlan,
): Promise<boolean> {
  return backend.createIfMissing(paths.secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace,
      labels,
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid }],
    },
    stringData: { 'plan.json': JSON.stringify(plan) },
  });
}

/** Why the API server did not create a pod. */
function explainRefusal(error: unknown, namespace: string): unknown {
  if (!(error instanceof ClusterError)) return error;
  const { message } = error;
  if (isForbidden(error) && /exceeded quota/.test(message)) return explainQuota(error, namespace);
  if (error.status === 404)
    return new ExecutorError('backend', `There is no namespace ${namespace}: ${message}`);
  // Another service account, or an admission plugin: the same pod is rejected again.
  if (isForbidden(error) && /cannot create resource/.test(message))
    return new ExecutorError('backend', `The server may not create pods: ${message}`);
  if (isForbidden(error) || error.status === 422 || error.status === 400)
    return new ExecutorError('config', `The cluster rejects the pod of the run: ${message}`);
  return error;
}

/** "exceeded quota: runs, requested: pods=1, used: pods=10, limited: pods=10" */
function explainQuota(error: ClusterError, namespace: string): ExecutorError {
  const [, requested = '', , limited = ''] =
    /requested: (.*?), used: (.*?), limited: (.*)$/.exec(error.message) ?? [];
  const limits = new Map(readAmounts(limited));
  const never = readAmounts(requested).some(([name, amount]) => amount > (limits.get(name) ?? Infinity));
  const message = `The quota of namespace ${namespace} is exhausted: requested ${requested}, limit ${limited}.`;
  // Other runs end and free a part of the quota, unless one run needs more than all of it.
  return new ExecutorError(never ? 'quota' : 'backend', message, { cause: error });
}

function readAmounts(text: string): [string, number][] {
  return text.split(',').flatMap((part): [string, number][] => {
    const [, name, amount] = /^([^=]+)=(\d+)$/.exec(part.trim()) ?? [];
    return name === undefined ? [] : [[name, Number(amount)]];
  });
}
