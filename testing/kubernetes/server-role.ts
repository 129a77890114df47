import { permissions } from '@pumphouse/server/executors/kubernetes/probe.ts';

/** A rule of a Role, as in rbac.authorization.k8s.io/v1. */
export interface PolicyRule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

/** The only permissions of the server's service account, in its namespace: those that the executor asks for. */
export const serverRules: PolicyRule[] = [
  ...permissions.map(({ group, resource, subresource, verbs }) => ({
    apiGroups: [group],
    resources: [subresource === undefined ? resource : `${resource}/${subresource}`],
    verbs: [...verbs],
  })),
  { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: ['get'] },
];
