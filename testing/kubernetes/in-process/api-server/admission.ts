import type { ClusterState } from './cluster-state.ts';
import type { KubeObject, ResourceType } from './kube-object.ts';
import type { Pod } from './pods/pod.ts';
import { listRestrictedViolations } from './pods/pod-security.ts';
import { refuseByQuota, type ResourceQuota } from './pods/quota.ts';
import * as types from './resource-types.ts';
import { forbidden } from './status-error.ts';

/**
 * Admission of a new object before it is validated, which may change it.
 * @throws StatusError 403
 */
export function admitAndComplete(
  { store }: ClusterState,
  type: ResourceType,
  object: KubeObject,
): KubeObject {
  if (type !== types.pods) return object;
  const pod = object as Pod;
  const { namespace, name } = pod.metadata;
  const { serviceAccountName = 'default', priorityClassName, runtimeClassName } = pod.spec;
  const refuse = (why: string) => forbidden(type, name, why);
  if (store.find(types.serviceAccounts, namespace, serviceAccountName) === undefined) {
    const missing = `serviceaccount "${serviceAccountName}" not found`;
    throw refuse(`error looking up service account ${namespace}/${serviceAccountName}: ${missing}`);
  }
  if (runtimeClassName && store.find(types.runtimeClasses, undefined, runtimeClassName) === undefined) {
    throw refuse(`pod rejected: RuntimeClass "${runtimeClassName}" not found`);
  }
  if (!priorityClassName) return pod;
  const priorityClass = store.find(types.priorityClasses, undefined, priorityClassName);
  if (priorityClass === undefined) throw refuse(`no PriorityClass with name ${priorityClassName} was found`);
  return { ...pod, spec: { ...pod.spec, priority: Number(priorityClass['value']) } };
}

/**
 * Admission of a new object that is valid: Pod Security and quotas.
 * @throws StatusError 403
 */
export function admit({ store }: ClusterState, type: ResourceType, object: KubeObject): void {
  const { namespace, name } = object.metadata;
  if (type !== types.pods || namespace === undefined) return;
  const pod = object as Pod;
  const { labels = {} } = store.get(types.namespaces, undefined, namespace).metadata;
  if (labels['pod-security.kubernetes.io/enforce'] === 'restricted') {
    const violations = listRestrictedViolations(pod);
    const version = labels['pod-security.kubernetes.io/enforce-version'] ?? 'latest';
    if (violations.length > 0)
      throw forbidden(type, name, `violates PodSecurity "restricted:${version}": ${violations.join(', ')}`);
  }
  for (const quota of store.list(types.resourceQuotas, namespace)) {
    const pods = store.list(types.pods, namespace) as Pod[];
    const refusal = refuseByQuota(quota as ResourceQuota, pods, pod);
    if (refusal !== null) throw forbidden(type, name, refusal);
  }
}
