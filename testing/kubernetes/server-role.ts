import { permissions } from '@pumphouse/server/executors/kubernetes/probe.ts';

/** A rule of a Role, as in rbac.authorization.k8s.io/v1. */
export interface PolicyRule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

/** What the executor asks for, in its namespace: the Role that the chart gives to the server's service account. */
export const executorRules: PolicyRule[] = [
  ...permissions.map(({ group, resource, subresource, verbs }) => ({
    apiGroups: [group],
    resources: [subresource === undefined ? resource : `${resource}/${subresource}`],
    verbs: [...verbs],
  })),
  { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: ['get'] },
];

/** The Role in test clusters. The suites of the API also try what the executor does not need. */
export const serverRules: PolicyRule[] = [
  ...executorRules,
  { apiGroups: [''], resources: ['secrets'], verbs: ['delete'] },
  { apiGroups: [''], resources: ['services'], verbs: ['create', 'get', 'list', 'delete'] },
];
