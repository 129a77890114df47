/** Whether the cluster lets this server run attempts, and what is missing. */
import type { ProbeResult } from '../contract/backend.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import { ClusterError, isForbidden, isMissing, messageOf } from './cluster-error.ts';
import type { KubernetesBackend, NamespaceConnection } from './kubernetes-backend.ts';

export interface Permission {
  group: string;
  resource: string;
  subresource?: string;
  verbs: readonly string[];
}

/** What the service account of the server needs, in its namespace only. */
export const permissions: readonly Permission[] = [
  {
    group: '',
    resource: 'pods',
    verbs: ['create', 'get', 'list', 'watch', 'patch', 'delete', 'deletecollection'],
  },
  { group: '', resource: 'pods', subresource: 'log', verbs: ['get'] },
  { group: '', resource: 'secrets', verbs: ['create'] },
  { group: '', resource: 'configmaps', verbs: ['create', 'get', 'delete'] },
  {
    group: 'networking.k8s.io',
    resource: 'networkpolicies',
    verbs: ['create', 'get', 'list', 'delete'],
  },
];

export async function probeCluster(backend: KubernetesBackend): Promise<ProbeResult> {
  try {
    const missing = await listMissingPermissions(backend);
    if (missing.length > 0)
      return {
        ok: false,
        detail: `The service account of the server lacks permissions: ${missing.join(', ')}. See docs/operate/kubernetes.md.`,
      };
    const connection = await backend.connect();
    const problem = await describeClaimProblem(backend, connection);
    if (problem !== null) return { ok: false, detail: problem };
    return { ok: true, detail: `Runs are pods in namespace ${connection.namespace}.` };
  } catch (error) {
    return { ok: false, detail: describeProblem(backend, error) };
  }
}

async function listMissingPermissions({ api, options }: KubernetesBackend): Promise<string[]> {
  const namespace = options.namespace ?? (await api.findNamespace());
  const asked = permissions.flatMap(({ verbs, ...one }) => verbs.map((verb) => ({ ...one, verb })));
  const answers = await Promise.all(
    asked.map(async ({ group, resource, subresource, verb }) => {
      const review = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        metadata: { name: '' },
        spec: { resourceAttributes: { namespace, group, resource, subresource, verb } },
      };
      const answer = await api.create<typeof review & { status?: { allowed?: boolean } }>(
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        review,
      );
      const name = `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
      return answer.status?.allowed === true ? [] : [name];
    }),
  );
  return answers.flat();
}

/** Null also if the server may not look: pods that wait for the claim then say so. */
async function describeClaimProblem(
  { api }: KubernetesBackend,
  { paths, volumeClaim }: NamespaceConnection,
): Promise<string | null> {
  if (volumeClaim === null) return null;
  try {
    await api.get(paths.claim(volumeClaim));
    return null;
  } catch (error) {
    if (isForbidden(error)) return null;
    if (isMissing(error))
      return `There is no persistent volume claim ${volumeClaim}. Create it, or set PUMPHOUSE_KUBERNETES_VOLUME_CLAIM.`;
    throw error;
  }
}

function describeProblem(backend: KubernetesBackend, error: unknown): string {
  if (error instanceof ExecutorError && error.cause instanceof ClusterError && isMissing(error.cause))
    return `${error.message}. Create the namespace, or set PUMPHOUSE_KUBERNETES_NAMESPACE.`;
  return error instanceof ExecutorError ? error.message : backend.describeSilence(messageOf(error));
}
